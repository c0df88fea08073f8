{{ api_view(source("filplus_by_piece", "cid_sharing")) }}
