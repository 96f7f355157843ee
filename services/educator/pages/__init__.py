"""What people see of educator, in the browser."""

from fastapi import APIRouter

from services.educator.pages import cases, confirmation, identify, profile

router = APIRouter(include_in_schema=False)
for part in (identify.router, profile.router, confirmation.router, cases.router):
    router.include_router(part)
