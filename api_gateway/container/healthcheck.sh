#!/bin/sh
# Does the port answer? `GET /` is a redirect made by the gateway itself, logged in or not; following it would ask
# IBKR. A refused address (404) and a broken address list (500) are failures.
exec curl --fail --silent --insecure --noproxy '*' --output /dev/null --max-time 4 https://127.0.0.1:5055/
