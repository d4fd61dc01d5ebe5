"""The login page, for a person with a browser; it works without JavaScript.

IBKR's own gateway can proxy these pages. It recognizes a login by status 302 alone, shows its own success
message, and rewrites absolute URLs in pages, removing text around them: so no page here contains one.
"""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from api_gateway.simulator.session.session import LoginState
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.login_cookies import carries_login

LOGIN_PATH = "/sso/Login"
DISPATCHER_PATH = "/sso/Dispatcher"
LOGGED_IN_PATH = "/sso/LoggedIn"
SUCCESS_TEXT = "Client login succeeds"

STYLE = """
:root { color-scheme: light dark; --ground: #f4f5f7; --card: #fff; --ink: #1c2430; --quiet: #56606e;
  --accent: #0b5fb0; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #12161c; --card: #1c222b; --ink: #e8ecf1; --quiet: #a3adba; --accent: #7db9f5; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 30rem; padding: 2rem; border-radius: .75rem; background: var(--card);
  box-shadow: 0 1px 3px rgb(0 0 0 / .2); }
h1 { margin: 0 0 .25rem; font-size: 1.25rem; line-height: 1.3; text-wrap: balance; }
p { margin: .5rem 0 1.25rem; color: var(--quiet); }
button { width: 100%; padding: .75rem; border: 0; border-radius: .5rem; background: var(--accent);
  color: var(--card); font: inherit; font-weight: 600; cursor: pointer; }
button:hover { filter: brightness(1.08); }
button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
"""

# IBKR's gateway stores this cookie in addition to the cookies that prove the login.
USER_COOKIE = ("USERID", "100000001")

# The page loads nothing and submits its form only to this server.
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "cache-control": "no-store",
}


def login_routes(simulation: Simulation) -> list[Route]:
    """The routes of the login: redirect, login page, form target, success page and login checks."""

    login_page = f"{LOGIN_PATH}?forwardTo=22&RL=1&ip2loc=US"

    async def redirect_to_login(_: Request) -> Response:
        return RedirectResponse(login_page, status_code=302)

    async def show_login(_: Request) -> Response:
        return _page("IB gateway simulator &ndash; log in", _form(simulation))

    async def log_in(request: Request) -> Response:
        async for _ in request.stream():
            continue  # read and ignore the form
        simulation.session.login()
        response = RedirectResponse(LOGGED_IN_PATH, status_code=302)
        for name, value in (*simulation.session.login_cookies.items(), USER_COOKIE):
            response.set_cookie(name, value, httponly=True, samesite=None)
        return response

    def has_login(request: Request) -> bool:
        logged_in = simulation.session.state is not LoginState.NO_LOGIN
        return logged_in and carries_login(simulation, request.cookies)

    async def show_success(request: Request) -> Response:
        if not has_login(request):
            return RedirectResponse(login_page, status_code=302)
        return _page(SUCCESS_TEXT, f"<h1>{SUCCESS_TEXT}</h1>")

    async def check_login(request: Request) -> Response:
        # IBKR's gateway polls this to see whether the login still exists.
        if not has_login(request):
            return PlainTextResponse("Access Denied", status_code=401)
        return JSONResponse({"success": True})

    return [
        Route("/", redirect_to_login, methods=["GET"]),
        Route(LOGIN_PATH, show_login, methods=["GET"]),
        Route(DISPATCHER_PATH, log_in, methods=["GET", "POST"]),
        Route(LOGGED_IN_PATH, show_success, methods=["GET"]),
        Route("/sso/ping", check_login, methods=["GET"]),
        Route("/sso/Authenticator", check_login, methods=["GET"]),
    ]


def _form(simulation: Simulation) -> str:
    accounts = escape(", ".join(simulation.accounts))
    noun, verb = ("accounts", "hold") if len(simulation.accounts) > 1 else ("account", "holds")
    money = "paper" if simulation.profile.paper else "simulated live"
    logged_in = simulation.session.state is not LoginState.NO_LOGIN
    note = "You are already logged in; logging in again starts a new session." if logged_in else ""
    return f"""<h1>IB gateway simulator &ndash; {money} {noun}</h1>
<p>This is not Interactive Brokers. No password is needed, nothing is sent to anyone, and the
{noun} {accounts} {verb} simulated money. {note}</p>
<form method="post" action="{DISPATCHER_PATH}">
<button type="submit" name="forwardTo" value="22">Log in</button>
</form>"""


def _page(title: str, content: str) -> HTMLResponse:
    return HTMLResponse(
        f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
{content}
</main>
</body>
</html>
""",
        headers=HEADERS,
    )
