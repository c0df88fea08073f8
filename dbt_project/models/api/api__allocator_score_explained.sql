{{ api_view(source("filplus_scores", "allocator_score_explained")) }}
