"""The image, the Ray cluster file and the development S3 server, as far as they can be proved without running them."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from cluster.threads import ENVIRONMENT

ROOT = Path(__file__).parents[3]
INFRA = ROOT / "infra"
SCRIPTS = sorted((INFRA / "s3").glob("*.sh"))
DOCKERFILE = re.sub(r"\\\n", " ", (INFRA / "Dockerfile").read_text())
INSTRUCTIONS = [line.split(maxsplit=1) for line in DOCKERFILE.splitlines() if re.match(r"[A-Z]+ ", line)]
IMAGE = f"{INFRA}/image/check.py"


def instructions(name: str) -> list[str]:
    return [rest for word, rest in INSTRUCTIONS if word == name]


def copied() -> list[str]:
    """Every file or folder of the repository that the Dockerfile takes."""
    sources = [source for rest in instructions("COPY") if "--from" not in rest for source in rest.split()[:-1]]
    return sources + re.findall(r"type=bind,source=([^,]+)", DOCKERFILE)


def test_what_the_image_copies_exists_and_reaches_the_builder() -> None:
    allowed = (INFRA / "Dockerfile.dockerignore").read_text().splitlines()
    assert len(copied()) >= 8
    for source in copied():
        assert (ROOT / source).exists(), source
        assert f"!{source}" in allowed, source


def test_what_the_package_is_built_from_is_copied() -> None:
    assert {"cluster", "engine", "kernels", "pyproject.toml", "README.md"} <= set(copied())


def test_the_base_is_pinned_to_a_patch_version_of_a_python_that_we_support() -> None:
    assert instructions("FROM") == ["python:${PYTHON} AS build", "python:${PYTHON}"]
    (version,) = (rest.removeprefix("PYTHON=") for rest in instructions("ARG"))
    assert re.fullmatch(r"3\.(11|12|13)\.\d+-slim-[a-z]+", version)


def test_everything_installed_is_pinned_by_hash_or_built_here() -> None:
    installs = re.findall(r"pip (?:--python \S+ )?install ([^&]+)", DOCKERFILE)
    assert len(installs) == 3
    for options in installs:
        assert "--require-hashes" in options or "--no-deps --no-index /wheels/" in options


def test_the_build_backend_is_taken_whole_from_the_lock() -> None:
    (listed,) = re.findall(r"for name in ([a-z -]+);", DOCKERFILE)
    wanted, found = ["hatchling"], set()
    while wanted:
        name = wanted.pop()
        found.add(name)
        requirements = map(Requirement, importlib.metadata.requires(name) or [])
        wanted += [one.name for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})]
    assert set(listed.split()) == found
    lock = (ROOT / "requirements-dev.lock").read_text()
    assert all(f"\n{name}==" in lock for name in found)


def test_the_image_runs_as_an_ordinary_user() -> None:
    assert instructions("USER") == ["wholebook"]
    after = DOCKERFILE.split("USER wholebook")[1]
    assert 'ENTRYPOINT ["wholebook"]' in after
    assert "check.py" in after


def test_image_and_cluster_give_a_worker_one_thread_and_its_memory_and_report_nothing() -> None:
    image = dict(pair.split("=", 1) for rest in instructions("ENV") for pair in rest.split())
    options = " ".join(cluster_file()["docker"]["run_options"])
    cluster = dict(re.findall(r"--env (\w+)=(\S+)", options))
    linux = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("VECLIB")}
    for environment in (image, cluster):
        assert environment.items() >= linux.items()
        assert environment["RAY_USAGE_STATS_ENABLED"] == "0"


def cluster_file() -> dict[str, dict[str, list[str]]]:
    loaded: dict[str, dict[str, list[str]]] = yaml.safe_load((INFRA / "ray" / "cluster.yaml").read_text())
    return loaded


def test_ray_accepts_the_cluster_file() -> None:
    from ray.autoscaler._private.util import prepare_config, validate_config

    config = prepare_config(cluster_file())
    validate_config(config)
    assert config["provider"]["type"] == "aws"
    worker = config["available_node_types"]["worker"]
    assert 0 <= worker["min_workers"] < worker["max_workers"] <= config["max_workers"]
    # Ray's defaults would install Ray and boto3 anew on every node, over what the image has.
    assert config["setup_commands"] == config["head_setup_commands"] == config["worker_setup_commands"] == []


def test_ray_refuses_a_cluster_file_with_a_misspelt_name() -> None:
    from jsonschema import ValidationError
    from ray.autoscaler._private.util import prepare_config, validate_config

    with pytest.raises(ValidationError, match="max_worker"):
        validate_config(prepare_config(cluster_file() | {"max_worker": 3}))


def test_ray_starts_the_container_with_a_shell() -> None:
    from ray.autoscaler._private.docker import docker_start_cmds

    docker = cluster_file()["docker"]
    command = docker_start_cmds(
        "ubuntu", docker["image"], {}, docker["container_name"], docker["run_options"], "wholebook", "/home", "docker"
    )
    assert " --entrypoint /usr/bin/env " in command
    assert command.endswith(" REGISTRY/wholebook:TAG bash")


def test_our_packages_belong_to_our_wheel_alone(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("wholebook-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
        assert {"cluster/storage/s3.py", "engine/errors.py", "kernels/py.typed"} <= set(archive.namelist())
    assert owners(tmp_path / "site") == ""
    foreign = tmp_path / "site" / "kernels-0.14.dist-info"
    foreign.mkdir()
    (foreign / "METADATA").write_text("Metadata-Version: 2.1\nName: kernels\nVersion: 0.14\n")
    (foreign / "RECORD").write_text("kernels/__init__.py,,\n")
    assert "package kernels belongs to ['kernels', 'wholebook']" in owners(tmp_path / "site")


def owners(site: Path) -> str:
    """What the image's own check finds in the folder `site` of installed packages."""
    program = "import runpy, sys; sys.path[:0] = [sys.argv[2]]; check = runpy.run_path(sys.argv[1])"
    program += "; print(*check['foreign_owners'](), sep='\\n', end='')"
    command = [sys.executable, "-I", "-c", program, IMAGE, str(site)]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=site).stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_the_scripts_are_sound_shell(script: Path) -> None:
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    assert os.access(script, os.X_OK) == script.read_text().startswith("#!")


def bare_environment(tmp_path: Path) -> dict[str, str]:
    """A machine without apt-get, and a store in `tmp_path` that is not up."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "dirname", "cat", "tr", "grep", "python3", "seq", "sleep", "rm", "id"):
        (tools / name).symlink_to(str(shutil.which(name)))
    return {"PATH": str(tools), "WHOLEBOOK_S3_DIR": str(tmp_path / "store"), "WHOLEBOOK_S3_PORT": "1"}


def test_without_apt_get_the_tests_on_s3_are_skipped_out_loud(tmp_path: Path) -> None:
    command = [str(INFRA / "s3" / "with.sh"), "pytest", "-m", "s3"]
    done = subprocess.run(command, env=bare_environment(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("SKIPPED: pytest -m s3: ")


def test_a_development_server_that_cannot_be_had_is_an_error(tmp_path: Path) -> None:
    up = [str(INFRA / "s3" / "up.sh")]
    done = subprocess.run(up, env=bare_environment(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "No apt-get here to install" in done.stderr


def test_down_leaves_a_folder_alone_that_is_no_store(tmp_path: Path) -> None:
    kept = tmp_path / "store" / "precious"
    kept.parent.mkdir()
    kept.write_text("x")
    subprocess.run([str(INFRA / "s3" / "down.sh")], env=bare_environment(tmp_path), check=True)
    assert kept.exists()
