"""A person's session in Odoo web: logs in as the browser does, calls what it calls."""

import itertools
from typing import Any

import httpx

from workbay_deploy.story.errors import StoryError


class OdooWeb:
    """One logged-in person."""

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        # Odoo leads to the page of the person's language.
        self._client = httpx.Client(base_url=url, timeout=60, follow_redirects=True)
        self._ids = itertools.count(1)
        answer = self._rpc(
            "/web/session/authenticate",
            {"db": database, "login": login, "password": password},
        )
        if not answer.get("uid"):
            raise StoryError(f"{login} could not log in at {url}.")
        self.uid: int = answer["uid"]
        self.name: str = answer["name"]
        companies = answer["user_companies"]
        self._context = {
            **answer["user_context"],
            "allowed_company_ids": [companies["current_company"]],
        }

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a public method with the person's own rights.

        :raises StoryError: Odoo refused, with its words.
        """
        return self._rpc(
            f"/web/dataset/call_kw/{model}/{method}",
            {
                "model": model,
                "method": method,
                "args": list(args),
                "kwargs": {"context": self._context, **kwargs},
            },
        )

    def pdf(self, report: str, record: int) -> bytes:
        """A report as the print button gives it."""
        response = self._client.get(f"/report/pdf/{report}/{record}")
        if not response.content.startswith(b"%PDF"):
            raise StoryError(f"Odoo printed no PDF of {report}: {response.status_code}")
        return response.content

    def download(self, path: str) -> bytes:
        """What a link on a page gives, e.g. an attachment.

        :raises StoryError: Odoo does not give it to this person.
        """
        response = self._client.get(path)
        if response.status_code != 200:
            raise StoryError(f"Odoo answered {response.status_code} to {path}")
        return response.content

    def _rpc(self, path: str, params: dict[str, Any]) -> Any:
        body = {"jsonrpc": "2.0", "id": next(self._ids), "params": params}
        try:
            response = self._client.post(path, json=body)
            answer = response.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise StoryError(f"Odoo did not answer {path}: {error}") from error
        if failure := answer.get("error"):
            raise StoryError(failure.get("data", {}).get("message") or str(failure))
        return answer.get("result")
