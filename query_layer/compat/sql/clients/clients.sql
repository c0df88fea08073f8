select
    c.client as id,
    c.address,
    c.name,
    c.github_url as "githubUrl",
    c.datacap_received as "datacapReceived",
    c.datacap_remaining as "datacapRemaining",
    c.datacap_used_2_weeks as "datacapUsed2Weeks",
    c.datacap_used_90_days as "datacapUsed90Days"
from api_v1.client c
where
    :filter::text is null
    or strpos(c.client, :filter::text) > 0
    or strpos(c.name, :filter::text) > 0
    or strpos(c.address, :filter::text) > 0
