"""The bound of training makes the products of the network that is trained."""

import jax
import pytest

from benchmarks.bound import matmul_bound
from ppo_agent import PPOConfig
from ppo_agent.policy import untrained


@pytest.mark.parametrize("head_sizes", [(), (24,), (24, 12)])
@pytest.mark.parametrize("hidden_sizes", [(64, 64), (32,)])
def test_bound_has_the_kernels_of_the_network(
    hidden_sizes: tuple[int, ...], head_sizes: tuple[int, ...]
) -> None:
    config = PPOConfig(hidden_sizes=hidden_sizes, head_sizes=head_sizes)
    _, (weights, batch, acting) = matmul_bound(225, 3, config)
    params = jax.eval_shape(lambda: untrained(config, 225, 3)).params
    shapes = [layer["kernel"].shape for layer in params.values()]
    if not head_sizes:  # one product for both outputs
        shapes = [shape for shape in shapes if shape[1] not in (3, 1)] + [(hidden_sizes[-1], 4)]
    assert sorted(kernel.shape for part in weights for kernel in part) == sorted(shapes)
    assert (batch.shape, acting.shape) == ((8192, 225), (256, 225))
