"""Which GitHub the settings name: a token before an app, and an app only when it is whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cdp_assets.errors import BadConfiguration
from cdp_assets.filplus.registry.github_source import github_contents
from cdp_assets.settings import parse_settings
from resources.postgres.warehouse import Warehouse

KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
NOWHERE = Warehouse(url="postgresql://127.0.0.1:1/none")
ID, TEXT, FILE = (f"CDP_GITHUB_APP_{name}" for name in ("ID", "PRIVATE_KEY", "PRIVATE_KEY_FILE"))


def opened(**variables: str) -> tuple[bool, bool]:
    """Open the client; tell whether it asks with a token of ours and whether as an app."""
    settings = parse_settings({"CDP_GITHUB_API_URL": "https://api.test", **variables})
    with github_contents(settings, NOWHERE) as client:
        return "authorization" in client._http._client.headers, client._app is not None


NOBODY, TOKEN, APP = (False, False), (True, False), (False, True)


@pytest.mark.parametrize(
    ("variables", "as_whom"),
    [
        pytest.param({}, NOBODY, id="nobody"),
        pytest.param({"CDP_GITHUB_TOKEN": "a-token"}, TOKEN, id="a token"),
        pytest.param({ID: "4711", TEXT: PEM}, APP, id="an app"),
        pytest.param({ID: "Iv23.id", TEXT: PEM.replace("\n", "\\n")}, APP, id="a client id"),
        pytest.param({"CDP_GITHUB_TOKEN": "t", ID: "4711"}, TOKEN, id="a token before half an app"),
        pytest.param({"CDP_GITHUB_TOKEN": "t", ID: "1", TEXT: "x"}, TOKEN, id="or a wrong one"),
    ],
)
def test_a_whole_credential_opens_the_client(
    variables: dict[str, str], as_whom: tuple[bool, bool]
) -> None:
    assert opened(**variables) == as_whom


@pytest.mark.parametrize(
    ("variables", "named", "sentence"),
    [
        pytest.param({ID: "4711"}, TEXT, "but its private key is not", id="no key"),
        pytest.param({TEXT: PEM}, ID, "but not whose", id="a key of nobody"),
        pytest.param({FILE: "/app.pem"}, ID, "but not whose", id="a file of nobody"),
        pytest.param({ID: "1", TEXT: PEM, FILE: "/x"}, FILE, "is set, too", id="two keys"),
        pytest.param({ID: "1", TEXT: "canary"}, TEXT, "no RSA private key", id="no PEM"),
        pytest.param({ID: "1", FILE: "/absent"}, FILE, "FileNotFoundError", id="no file"),
    ],
)
def test_half_an_app_is_refused_with_the_variable_to_set(
    variables: dict[str, str], named: str, sentence: str
) -> None:
    with pytest.raises(BadConfiguration, match=sentence) as caught:
        opened(**variables)
    assert caught.value.key == named
    assert "canary" not in str(caught.value)


def test_the_key_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "app.pem"
    file.write_text(PEM)
    opened(**{ID: "4711", FILE: str(file)})
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(BadConfiguration, match="UnicodeDecodeError") as caught:
        opened(**{ID: "4711", FILE: str(file)})
    assert caught.value.key == FILE


def test_settings_show_no_key() -> None:
    settings = parse_settings({ID: "4711", TEXT: PEM})
    assert PEM.splitlines()[1] not in repr(settings) + str(settings.model_dump())
