"""The thresholds of reconciliation, read from ``thresholds.yaml`` beside this module.

Scope: the file's form; not here: how amounts are compared (``comparison``).
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cdp_assets.errors import BadConfiguration
from cdp_assets.validators.reconciliation.comparison import Check, Severity, Threshold, Thresholds
from cdp_assets.validators.rules.rounding import BPS
from resources.codecs.yaml_with_positions import read_yaml

FILE = Path(__file__).with_name("thresholds.yaml")
Bps = Annotated[int, Field(gt=0)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Limits(_Entry):
    warning_bps: Bps | None = None
    error_bps: Bps | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.warning_bps and self.error_bps and self.warning_bps > self.error_bps:
            raise ValueError("warning_bps is above error_bps")
        return self

    def threshold(self) -> Threshold:
        warning, error = (
            None if bps is None else Fraction(bps, BPS)
            for bps in (self.warning_bps, self.error_bps)
        )
        return Threshold(warning, error)


class _Estimates(_Entry):
    cross_source: _Limits
    network_total: _Limits


class _Fixed(_Entry):
    zero_shock: Severity
    completeness: Severity
    misdirected: Severity
    relay_value: Severity


class _File(_Entry):
    version_drift: _Limits
    period_over_period: _Limits
    cross_source: _Limits
    network_total: _Limits
    estimates: _Estimates
    fixed: _Fixed


def load_thresholds(path: Path = FILE) -> Thresholds:
    """Read the thresholds.

    Raises:
        BadConfiguration: A key is missing or unknown, or a value is not a positive integer.
    """
    try:
        file = _File.model_validate(read_yaml(path).value)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadConfiguration(
            str(first["msg"]),
            key=f"{path.name}: {'.'.join(map(str, first['loc']))}",
            hint="correct the value",
        ) from None
    return Thresholds(
        relative={
            Check.VERSION_DRIFT: file.version_drift.threshold(),
            Check.PERIOD_OVER_PERIOD: file.period_over_period.threshold(),
            Check.CROSS_SOURCE: file.cross_source.threshold(),
            Check.NETWORK_TOTAL: file.network_total.threshold(),
        },
        estimates={
            Check.CROSS_SOURCE: file.estimates.cross_source.threshold(),
            Check.NETWORK_TOTAL: file.estimates.network_total.threshold(),
        },
        fixed={Check(name): severity for name, severity in file.fixed},
    )
