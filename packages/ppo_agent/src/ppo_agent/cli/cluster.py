"""Joining the processes of a cluster, which must come before JAX's backend starts."""

import os

import jax

_CLUSTER = (
    "set JAX_COORDINATOR_ADDRESS (host:port of process 0), JAX_NUM_PROCESSES and JAX_PROCESS_ID "
    "in every process, or start under Slurm, Open MPI, Kubernetes or in a cloud pod"
)


def join_cluster() -> None:
    """Join the processes that the environment variables or the cluster's scheduler describe.

    Raises:
        ValueError: with the remedy, when there is no such cluster or JAX has started already.
    """
    if jax.distributed.is_initialized():
        return
    try:
        # JAX reads the coordinator's address by itself, the other two only from schedulers
        count, index = (_whole(name) for name in ("JAX_NUM_PROCESSES", "JAX_PROCESS_ID"))
        jax.distributed.initialize(num_processes=count, process_id=index)
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"--distributed: {error}; {_CLUSTER}") from error


def _whole(name: str) -> int | None:
    text = os.environ.get(name)
    if text is None:
        return None
    if not text.isdigit():
        raise ValueError(f"{name}={text!r} must be a whole number")
    return int(text)
