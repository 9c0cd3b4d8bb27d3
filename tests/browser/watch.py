"""Watches what a browser does beside what it shows: every error, dialog and request; what nobody expected fails the test."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, Response, WebError

SERVER_ERROR = 500
# A page learns of a breach of its own policy by this event only; the console's words for it differ between versions.
TELL_BREACHES = """
document.addEventListener("securitypolicyviolation", (breach) => {
  console.error(`policy breach: ${breach.violatedDirective} ${breach.blockedURI}`);
});
"""


@dataclass(kw_only=True)  # no slots: Playwright keeps something of its own at whoever listens
class Watch:
    """What one browser context has done."""

    problems: list[str] = field(default_factory=list)
    """What no page may do; anything left here fails the test."""
    requests: list[Request] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    """What was asked in dialogs that the test expects."""
    _hosts: set[str] = field(default_factory=set)
    _expected: list[re.Pattern[str]] = field(default_factory=list)
    _answers: list[bool] = field(default_factory=list)

    def attach(self, context: BrowserContext, *addresses: str) -> None:
        """Watch all pages of a context; they may talk to these addresses only."""
        self._hosts.update(urlsplit(address).netloc for address in addresses)
        context.add_init_script(TELL_BREACHES)
        context.on("console", self._heard)
        context.on("weberror", self._failed)
        context.on("dialog", self._asked)
        context.on("request", self._sent)
        context.on("response", self._answered)

    def expect(self, pattern: str) -> None:
        """A problem that this test brings about itself."""
        self._expected.append(re.compile(pattern))

    def answer(self, *, accept: bool) -> None:
        """The next dialog is expected, and answered so."""
        self._answers.append(accept)

    def unexpected(self) -> list[str]:
        """The problems that no test expected."""
        return [one for one in self.problems if not any(pattern.search(one) for pattern in self._expected)]

    def paths(self, method: str = "GET") -> list[str]:
        """What was asked for, by path, in order."""
        return [urlsplit(one.url).path for one in self.requests if one.method == method]

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(
                f"console {message.type}: {message.text} {message.location['url']} ({_place(message.page)})"
            )

    def _failed(self, error: WebError) -> None:
        self.problems.append(f"script error: {error.error} ({_place(error.page)})")

    def _asked(self, dialog: Dialog) -> None:
        if self._answers:
            self.dialogs.append(dialog.message)
            if self._answers.pop(0):
                dialog.accept()
                return
        else:
            self.problems.append(f"dialog: {dialog.message} ({_place(dialog.page)})")
        dialog.dismiss()

    def _sent(self, request: Request) -> None:
        self.requests.append(request)
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.netloc not in self._hosts:
            self.problems.append(f"request to another host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= SERVER_ERROR:
            self.problems.append(f"answer {response.status}: {response.request.method} {response.url}")


def _place(page: Page | None) -> str:
    return "no page" if page is None else urlsplit(page.url).path
