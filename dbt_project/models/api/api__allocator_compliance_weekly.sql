{{ api_view(source("compliance", "allocator_compliance_weekly")) }}
