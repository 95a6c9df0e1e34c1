#!/bin/sh
# Steps of Dockerfile.python: installer, requirements, packages, project. Runs in the image's build only.
# TORCH_INDEX = index for torch; where it is empty torch comes from where the rest does.
set -eu
CA=/run/secrets/ca
PIP_CONF=/run/secrets/pip_conf
UV=/opt/installer/bin/uv
[ ! -s $CA ] || export SSL_CERT_FILE=$CA PIP_CERT=$CA
if [ -s $PIP_CONF ]; then
    export PIP_CONFIG_FILE=$PIP_CONF
    index=$(sed -n 's/^ *index-url *= *//p' $PIP_CONF | tail -n 1)
    [ -z "$index" ] || export UV_DEFAULT_INDEX="$index"
fi
export UV_CACHE_DIR=/cache UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_HTTP_TIMEOUT=180

case "$1" in
    installer)
        python3 -m venv /opt/installer
        /opt/installer/bin/pip install -q --disable-pip-version-check --no-cache-dir 'uv>=0.9,<1' ;;
    requirements) # of the daemons, torch apart
        python3 - <<'PY'
import pathlib
import tomllib

project = tomllib.loads(pathlib.Path("/src/pyproject.toml").read_text())["project"]
wanted = project["dependencies"] + project["optional-dependencies"]["inference"]
folder = pathlib.Path("/requirements")
folder.mkdir()
torch = [line for line in wanted if line.startswith("torch>")]
(folder / "torch.txt").write_text("\n".join(torch) + "\n")
(folder / "rest.txt").write_text("\n".join(sorted(wanted)) + "\n")
PY
        ;;
    packages)
        $UV venv -q --python /usr/bin/python3 /opt/ganglion
        export VIRTUAL_ENV=/opt/ganglion
        [ -z "${TORCH_INDEX:-}" ] || $UV pip install -q --default-index "$TORCH_INDEX" -r /requirements/torch.txt
        $UV pip install -q --compile-bytecode -r /requirements/rest.txt ;; # the containers can't write it
    project) # the wheel, laid out to be copied over the environment
        $UV venv -q --python /usr/bin/python3 /opt/ganglion
        $UV build -q --wheel --out-dir /wheels /src
        VIRTUAL_ENV=/opt/ganglion $UV pip install -q --compile-bytecode --no-deps --prefix /opt/project /wheels/*.whl ;;
esac
