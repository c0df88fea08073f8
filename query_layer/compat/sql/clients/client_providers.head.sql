select (select c.name from api_v1.client c where c.client = :client::text) as name
