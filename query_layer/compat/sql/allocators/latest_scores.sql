select
    allocator as "allocatorId",
    allocator_name as "allocatorName",
    total_score as "totalScore",
    max_possible_score as "maxPossibleScore",
    score_percentage as "scorePercentage",
    total_datacap as "totalDatacap",
    week_ago_score_percentage as "weekAgoScorePercentage",
    month_ago_score_percentage as "monthAgoScorePercentage",
    data_type as "dataType"
from api_v1.latest_scores
where :dataType::text is null or data_type = :dataType::text
