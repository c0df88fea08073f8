{{ api_view(ref("compliance_histogram_weekly")) }}
