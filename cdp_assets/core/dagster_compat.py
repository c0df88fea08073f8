"""Names that Dagster does not export: this is the only module that imports them.

A new release of the framework may rename or change any of them, so an upgrade begins here. Scope:
names of modules with a private part in their path, and of ``dagster_shared``; not here: what
``dagster`` exports, which every module imports as ``dg``.
"""

from __future__ import annotations

from dagster._core.definitions.assets.job.asset_job import JobScopedAssetGraph
from dagster._core.definitions.data_version import CODE_VERSION_TAG
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.definitions.partitions.context import PartitionLoadingContext
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.definitions.temporal_context import TemporalContext
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)
from dagster._core.events import (
    DagsterEventBatchMetadata,
    RunFailureReason,
    StepMaterializationData,
)
from dagster._core.execution.api import create_execution_plan, execute_run
from dagster._core.instance.ref import InstanceRef
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID
from dagster._core.launcher.base import LaunchRunContext
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.snap import snapshot_from_execution_plan
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log import SqlEventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)
from dagster._serdes import ConfigurableClassData
from dagster_shared.error import SerializableErrorInfo
from dagster_shared.record import replace as replace_record

__all__ = [
    "ASSET_PARTITION_RANGE_END_TAG",
    "ASSET_PARTITION_RANGE_START_TAG",
    "AssetCheckExecutionRecordStatus",
    "CODE_VERSION_TAG",
    "ConfigurableClassData",
    "DagsterEventBatchMetadata",
    "GrpcServerCodeLocationOrigin",
    "InMemoryJob",
    "InstanceRef",
    "JobScopedAssetGraph",
    "LaunchRunContext",
    "PARTITION_NAME_TAG",
    "PartitionLoadingContext",
    "RUNLESS_JOB_NAME",
    "RUNLESS_RUN_ID",
    "RemoteRepositoryOrigin",
    "RunFailureReason",
    "SINGLETON_REPOSITORY_NAME",
    "SerializableErrorInfo",
    "SqlEventLogStorage",
    "SqlEventLogStorageTable",
    "StepMaterializationData",
    "TemporalContext",
    "UnresolvedAssetJobDefinition",
    "create_execution_plan",
    "execute_run",
    "replace_record",
    "snapshot_from_execution_plan",
]
