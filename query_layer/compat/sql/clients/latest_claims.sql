select
    to_jsonb(id) as id,
    client as "clientId",
    to_jsonb(deal_id) as "dealId",
    is_ddo as "isDDO",
    type,
    provider as "providerId",
    piece_cid as "pieceCid",
    piece_size as "pieceSize",
    created_at as "createdAt"
from api_v1.claim
where
    client = :clientId::text
    and (
        :filter::text is null
        or strpos(provider, :filter::text) > 0
        or strpos(piece_cid, :filter::text) > 0
    )
