#!/bin/sh
# Health check: the gateway itself responds to `GET /` with a redirect, logged in or not; following it would send a
# request to IBKR. A rejected address (404) and an invalid address list (500) are failures.
exec curl --fail --silent --insecure --noproxy '*' --output /dev/null --max-time 4 https://127.0.0.1:5055/
