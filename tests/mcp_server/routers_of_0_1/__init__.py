# Made by `python -m routers_generator generate`. Changed by hand, it is never written over.
# sha256:06df6f95c0c046be89e806e47d78785e61d92477dd59224ef9626172a4fd30cd
"""Routers made from IBKR's OpenAPI document 9.1.0: one module per section."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from . import bazaar, orders

ROUTERS: Final[tuple[APIRouter, ...]] = (orders.router, bazaar.router)
