# One image for every process of Concord: web, workers, beat and management commands.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python3 -m venv /opt/venv
COPY requirements.txt .
RUN /opt/venv/bin/pip install --require-hashes -r requirements.txt

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /home/concord concord \
    && install -d -o concord -g concord /data
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings CONCORD_EMBEDDED=0 \
    DATA_DIR=/data STATIC_ROOT=/srv/concord/staticfiles
WORKDIR /srv/concord
COPY . .
# Static files need no servers and no secrets; the random ones of this step stay in this step.
RUN CONCORD_EMBEDDED=1 COMPRESS_STATIC=1 DATABASE_URL=postgres://unset REDIS_URL=redis://unset \
    python manage.py collectstatic --noinput -v 0
USER concord
VOLUME /data
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "config.wsgi:application", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "2", "--no-ws"]
