select f.*
from (
    select
        provider, account_id, balance, available_balance, init_pledge, pre_deposits,
        locked_balance, quality_adjust_power, quality_power_rank, quality_power_percentage,
        raw_power, total_block_count, total_win_count, total_reward, sector_size, sector_count,
        live_sector_count, fault_sector_count, recover_sector_count, active_sector_count,
        terminate_sector_count, date
    from api_v1.provider_filscan_info
    where provider = :provider::text
    order by date desc
    limit 1
) f
