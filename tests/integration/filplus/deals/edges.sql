-- Rows on the borders of the formulas of compliance §3, beside the generated ones. Ids follow on.
insert into public.unified_verified_deal
    ("dealId", "clientId", "providerId", "sectorId", "pieceCid", "pieceSize", "termStart")
values
    -- the first height of the programme and the one before it
    (0, '901', '801', '1', 'edge-a', 32, 3698159),
    (0, '901', '801', '2', 'edge-a', 32, 3698160),
    -- a piece of three sizes, twice at one provider and once at another, and of two clients
    (7, '901', '801', '3', 'edge-a', 16, 3698280),
    (0, '901', '802', '4', 'edge-a', 64, 3706920),
    (0, '902', '801', '5', 'edge-a', 32, 3706920),
    -- no piece: one group, never shared
    (0, '901', '801', '6', null, 8, 3706920),
    (0, '901', '801', '7', null, 4, 3706921),
    (0, '902', '802', '8', null, 8, 3706920),
    -- no client, no provider, no sector, sector 0, no start, a start that never comes
    (0, null, '803', '9', 'edge-b', 128, 3706920),
    (0, '903', null, '10', 'edge-b', 128, 3706920),
    (0, '903', '804', null, 'edge-b', 128, 3706920),
    (0, '903', '804', '0', 'edge-b', 128, 3706920),
    (0, '903', '805', '11', 'edge-b', 256, null),
    (0, '903', '805', '12', 'edge-b', 256, 4294967295),
    -- Monday 00:00:00, and 30 seconds before
    (0, '904', '801', '13', 'edge-c', 32, 3706800),
    (0, '904', '801', '14', 'edge-c', 32, 3706799),
    -- the clock (2024-03-28T15:20Z), and 30 seconds later
    (0, '905', '801', '15', 'edge-d', 32, 3777760),
    (0, '905', '801', '16', 'edge-d', 32, 3777761),
    -- two clients of one first hour, the larger id first
    (0, '99', '806', '17', 'edge-e', 32, 3706920),
    (0, '101', '806', '18', 'edge-e', 32, 3706921),
    -- a piece with and without a size in one week, then only without, then with a smaller one; a piece
    -- whose size comes later, shared; a piece of size 0; sizes that are no whole number of bytes
    (0, '906', '807', '20', 'edge-f', 64, 3706920), (0, '906', '807', '21', 'edge-f', null, 3706921),
    (0, '906', '807', '22', 'edge-g', null, 3706922), (0, '906', '807', '23', 'edge-h', 0, 3706923),
    (0, '906', '807', '24', 'edge-i', 12.5, 3706924), (0, '906', '807', '25', 'edge-i', 16, 3706925),
    (0, '906', '807', '26', 'edge-f', null, 3726960), (0, '906', '807', '27', 'edge-g', 32, 3726961),
    (0, '906', '807', '28', 'edge-h', 8, 3726962), (0, '906', '807', '29', 'edge-i', 0.5, 3726963),
    (0, '906', '807', '30', 'edge-f', 16, 3747120), (0, '906', '807', '31', 'edge-h', null, 3747121),
    (0, '907', '807', '32', 'edge-g', 16, 3706920), (0, '907', '808', '33', 'edge-h', 16, 3706920),
    -- long before the programme
    (3, '901', '801', '19', 'edge-z', 8, 3000000);

insert into public.verified_client_allowance ("addressId", "verifierAddressId", "height", "allowance")
values
    ('f0901', 'f0701', 3698159, 100), ('f0901', 'f0701', 3698160, 60), ('f0902', 'f0701', 3698160, 30),
    ('f0901', 'f0701', 3706799, 40), ('f0901', 'f0701', 3706800, 40), ('f0903', 'f0701', 3726960, 0),
    ('f0902', 'f0702', 3698170, 5), ('f0902', 'f0702', 3726960, -5), ('f0904', 'f0702', 2900000, 20),
    (null, 'f0701', 3698159, 7), (null, 'f0701', 3706800, 7), ('f0905', 'f0500039', 3698170, 64), ('f0905', 'f0500039', 3698170, 64), ('f0905', 'f0500052', 3777760, 1);
insert into public.verifier_allowance ("addressId", "height", "allowance")
values ('f0701', 2800000, 200), ('f0701', 2800001, -20), ('f0702', 2800000, 10), ('f0703', 2800000, 70);
insert into public.verifier ("addressId", address, name, "isMetaAllocator")
values ('f0701', 'f2edge1', ' n/a ', false), ('f0702', 'f2edge2', 'n/a', false), ('f0703', 'f2edge3', '  ', true);
insert into public.verified_client
    ("addressId", address, "verifierAddressId", "initialAllowance", allowance, "auditTrail", name)
values
    ('f0901', 'f1edge1', 'f0702', 100.5, 20.4, 'https://a.example/2', ' Second '),
    ('f0901', 'f1edge1', 'f0701', 240, 9, 'n/a', 'First'),
    ('f0902', null, 'f0701', null, null, 'n/a', null),
    ('', null, 'f0701', 1, 1, 'n/a', 'Nobody'), (null, null, 'f0701', 1, 1, 'n/a', 'Nobody');
insert into public.dc_allocation_claim (id, "clientId", type)
select (select max(id) from public.dc_allocation_claim) + n, client, type
from (
    values (1, '901', 'claim'), (2, '901', 'claim'), (3, '902', 'allocation'), (4, null, 'claim'), (5, '903', null)
) events (n, client, type);
