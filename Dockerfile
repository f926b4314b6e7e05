# A server of a book: docker run -p 8501:8501 -v /srv/books/GRCh38.book:/book:ro genomebook
FROM python:3.11-slim-bookworm

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1
ENV NUMBA_CACHE_DIR=/var/cache/genomebook/numba GENOMEBOOK_CACHE=/var/cache/genomebook/books

WORKDIR /src
COPY . .
RUN python -m pip install --constraint constraints.txt ".[remote]"
RUN genomebook --version

WORKDIR /
RUN useradd --system --no-create-home genomebook && install -d -o genomebook /var/cache/genomebook
USER genomebook
VOLUME /var/cache/genomebook
EXPOSE 8501
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/health', timeout=8)"]
ENTRYPOINT ["genomebook"]
CMD ["serve", "/book", "--host", "0.0.0.0", "--log"]
