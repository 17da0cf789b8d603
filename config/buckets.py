"""Where datasets are kept outside this machine."""

from typing import Any


def datasets(name: str, env: Any) -> dict[str, Any]:
    """The storage of the bucket of that name, as `env` (of django-environ) describes its server.

    Credentials are found as every AWS tool finds them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY,
    or the machine's.
    """
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": name,
            "location": env.str("DATASETS_S3_PREFIX", default="datasets"),
            "endpoint_url": env.str("DATASETS_S3_ENDPOINT", default=None),
            "region_name": env.str("DATASETS_S3_REGION", default=None),
            "addressing_style": "path" if env.str("DATASETS_S3_ENDPOINT", default="") else "auto",
            "signature_version": "s3v4",
            "default_acl": None,
            "file_overwrite": True,
            "querystring_auth": True,
        },
    }
