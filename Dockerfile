# Every image of the system from one recipe: `docker build --build-arg SERVICE=identity --target service .`
# An image of a service holds shared/ and services/$SERVICE and no other service.

FROM python:3.13-slim AS look
WORKDIR /src
COPY requirements-look.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements-look.lock
COPY package.json package-lock.json ./
COPY shared/pages shared/pages
RUN python -m shared.pages.build

FROM caddy:2 AS gateway
COPY deploy/Caddyfile /etc/caddy/Caddyfile
COPY deploy/gateway /srv/gateway
COPY --from=look /src/shared/pages/static /srv/static
EXPOSE 8080

# Nobody in particular, who owns nothing but the folders that volumes are put on.
FROM python:3.13-slim AS ours
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin ecs \
 && mkdir -p /var/lib/ecs /keys/public /people && chown -R ecs:ecs /var/lib/ecs /keys /people \
 && python -m venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/app MALLOC_ARENA_MAX=2 ECS_HOME=/var/lib/ecs ECS_KEYS=/keys
WORKDIR /app

FROM ours AS mailroom
COPY requirements-mailroom.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements-mailroom.lock
COPY deploy/__init__.py deploy/__init__.py
COPY deploy/local/__init__.py deploy/local/__init__.py
COPY deploy/local/mailroom deploy/local/mailroom
COPY shared/__init__.py shared/csrf.py shared/
USER ecs
EXPOSE 1025 8025
CMD ["python", "-m", "deploy.local.mailroom", "--host", "0.0.0.0", "--folder", "/var/lib/ecs/mail"]

# Migrations, keys, topics, operators' commands: has every service's code, runs none.
FROM ours AS operator
COPY requirements-operator.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements-operator.lock
RUN for service in identity educator fingerprint certificate notifier; do mkdir -p /keys/$service; done \
 && mkdir -p /var/lib/ecs/spool/incoming && chown -R ecs:ecs /keys /var/lib/ecs
COPY deploy/__init__.py deploy/prepare.py deploy/demonstrate.sh deploy/
COPY shared shared
COPY services services
USER ecs
ENTRYPOINT ["python", "-m", "shared.ecsctl"]

FROM ours AS service
ARG SERVICE
COPY requirements-${SERVICE}.lock requirements.lock
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
RUN mkdir -p /keys/${SERVICE} /var/lib/ecs/spool/incoming && chown -R ecs:ecs /keys /var/lib/ecs
COPY shared shared
COPY --from=look /src/shared/pages/static shared/pages/static
COPY services/__init__.py services/__init__.py
COPY services/${SERVICE} services/${SERVICE}
ENV SERVICE=${SERVICE}
USER ecs
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]
CMD ["sh", "-c", "exec uvicorn services.$SERVICE.main:app --host 0.0.0.0 --port 8000 --no-access-log --no-server-header --loop uvloop --http httptools --ws none --timeout-graceful-shutdown 10 --timeout-keep-alive 60 --proxy-headers --forwarded-allow-ips '*'"]
