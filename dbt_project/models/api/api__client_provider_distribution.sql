{{ api_view(source("filplus_by_piece", "client_provider_distribution")) }}
