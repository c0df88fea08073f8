{{ api_view(source("filplus_scores", "allocator_report_scoring_result_range")) }}
