{{ api_view(source("filplus_providers", "ipni_publisher_advertisement")) }}
