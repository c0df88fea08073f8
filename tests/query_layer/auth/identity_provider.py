"""A real identity provider on loopback: key set, discovery, and the code flow with PKCE."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE = "cdp"
CLIENT = "cdp-pages"


class IdentityProvider:
    """Signs tokens and answers over HTTP; counts the requests for its keys."""

    def __init__(self) -> None:
        rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.private: dict[str, Any] = {
            "RS256": rsa_key,
            "ES256": ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate(),
        }
        self.published = list(self.private)
        self.fetched = 0
        self.is_down = False
        self.subject = ""
        self.codes: dict[str, dict[str, str]] = {}
        self.url = ""

    def token(self, algorithm: str = "RS256", **claims: Any) -> str:
        """Return a token; a claim that is null is left out."""
        now = int(time.time())
        content = {"iss": self.url, "aud": AUDIENCE, "iat": now, "exp": now + 600} | claims
        content = {name: value for name, value in content.items() if value is not None}
        return jwt.encode(
            content, self.private[algorithm], algorithm=algorithm, headers={"kid": algorithm}
        )

    def public(self, name: str) -> dict[str, Any]:
        """Return a key as the key set has it."""
        kinds: dict[str, Any] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}
        key: dict[str, Any] = kinds[name].to_jwk(self.private[name].public_key(), as_dict=True)
        return {**key, "kid": name, "use": "sig", "alg": name}

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Return status and content for a request."""
        if self.is_down:
            return 503, {}
        if path == "/keys":
            self.fetched += 1
            return 200, {"keys": [self.public(name) for name in self.published]}
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
            }
        if path == "/token":
            return self._exchange(form)
        return 404, {}

    def authorise(self, address: str) -> str:
        """Do what a person does at the provider: agree; return where the browser is sent."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def _exchange(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
            or form["client_id"] != CLIENT
        ):
            return 400, {"error": "invalid_grant"}
        return 200, {"id_token": self.token(sub=self.subject, nonce=asked["nonce"])}


@contextmanager
def provider() -> Iterator[IdentityProvider]:
    """Serve one on a free loopback port."""
    ours = IdentityProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._respond({name: values[0] for name, values in parse_qs(body).items()})

        def _respond(self, form: dict[str, str]) -> None:
            status, content = ours.answer(urlsplit(self.path).path, form)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ours.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield ours
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
