{{ api_view(source("filplus_scores", "allocator_report_scoring_result"), added=["id as scoring_result_id"]) }}
