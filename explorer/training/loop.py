"""The training run: first all images, then those of ISIC 2020 alone."""

import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import timm
import torch
from timm.utils import ModelEmaV3

from explorer.training import container, loss
from explorer.training.augment import random_view
from explorer.training.data import TrainingData


@dataclass(frozen=True)
class Recipe:
    """Everything that determines a run, besides the images.

    Attributes
    ----------
    architecture : str
        A timm name.
    input_size, input_size_all, cache_size : int
        Sides in px of what the network sees in the end, of what it sees in the epochs on all
        images (smaller: those cost most), and of the squares the views are cut from.
    epochs_all, epochs_isic2020 : int
        Epochs on all images, then on ISIC 2020 only.
    batch : int
    learning_rate, weight_decay, dropout : float
        Of AdamW, whose rate rises for 5 % of the run and then falls as a cosine; the dropout is
        before the head.
    temper : float
        Exponent of the inverse-frequency weights.
    ema : float
        Decay per step of the average of the weights that is shipped.
    seed : int
    bf16 : bool
        Train under bfloat16 autocast. Evaluation is always float32.
    """

    architecture: str = "resnet10t"
    input_size: int = 128
    input_size_all: int = 96
    cache_size: int = 160
    epochs_all: int = 12
    epochs_isic2020: int = 20
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    dropout: float = 0.2
    temper: float = 0.5
    ema: float = 0.998
    seed: int = 0
    bf16: bool = True


class TrainingRun:
    """A network in training.

    Parameters
    ----------
    recipe : Recipe
    data : TrainingData
    log : callable of str
        Receives one line per epoch.
    """

    def __init__(self, recipe: Recipe, data: TrainingData, log=lambda line: None):
        torch.manual_seed(recipe.seed)
        self.recipe, self.log, self.step, self.losses = recipe, log, 0, []
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.pool = _Pool(data, recipe.temper)
        self.network = timm.create_model(
            recipe.architecture, num_classes=8, drop_rate=recipe.dropout
        ).to(memory_format=torch.channels_last)
        self.average = ModelEmaV3(self.network, decay=recipe.ema, use_warmup=True)
        kernels = [p for p in self.network.parameters() if p.ndim > 1]
        vectors = [p for p in self.network.parameters() if p.ndim <= 1]
        groups = [
            {"params": kernels, "weight_decay": recipe.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate)
        self.total = sum(self._batches(epoch) for epoch in range(self.epochs))

    @property
    def epoch(self) -> int:
        """Epochs done; ``losses`` holds the mean loss of each."""
        return len(self.losses)

    @property
    def epochs(self) -> int:
        """Epochs of the whole run."""
        return self.recipe.epochs_all + self.recipe.epochs_isic2020

    def _size(self, epoch: int) -> int:
        return len(self.pool.lab) if epoch < self.recipe.epochs_all else self.pool.isic2020

    def _batches(self, epoch: int) -> int:
        return max(1, self._size(epoch) // self.recipe.batch)

    def train_batch(self, index: torch.Tensor) -> float:
        """One optimiser step on the pool's images ``index``; the loss before it."""
        done = self.step / self.total
        share = done / 0.05 if done < 0.05 else 0.5 * (1 + math.cos(math.pi * (done - 0.05) / 0.95))
        rate = self.recipe.learning_rate * share
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        final = self.epoch >= self.recipe.epochs_all
        size = self.recipe.input_size if final else self.recipe.input_size_all
        view = random_view(self.pool.lab[index], size, self.generator)
        view = container.normalise(view).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.bf16):
            logits = self.network(view)
        value = loss.discriminative_loss(
            logits, self.pool.target[index], self.pool.group[index], self.pool.weight[index]
        )
        self.optimizer.zero_grad()
        value.backward()
        self.optimizer.step()
        self.step += 1
        self.average.update(self.network, step=self.step)
        return value.item()

    def train_epoch(self) -> float:
        """One pass over the epoch's images; the mean loss."""
        start, size = time.monotonic(), self._size(self.epoch)
        order = torch.randperm(size, generator=self.generator)
        count = self._batches(self.epoch)
        losses = [self.train_batch(index) for index in order.tensor_split(count)]
        seconds, mean = time.monotonic() - start, float(np.mean(losses))
        self.losses.append(mean)
        self.log(f"epoch {self.epoch}/{self.epochs} loss {mean:.4f}, {size / seconds:.0f} images/s")
        return mean

    def shipped_state(self) -> dict:
        """The averaged weights, the head's bias moved to the prior of the published counts."""
        average = self.average.module.state_dict()
        state = {key: value.detach().clone() for key, value in average.items()}
        offset = torch.tensor(loss.prior_offset(self.pool.counts, self.recipe.temper))
        bias = f"{self.average.module.default_cfg['classifier']}.bias"
        state[bias] += offset.to(state[bias].dtype)
        return state

    def checkpoint(self) -> dict:
        """Everything a resumed run needs."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "random": torch.get_rng_state(),
            "step": self.step,
            "losses": self.losses,
        }

    def restore(self, saved: dict) -> None:
        """Continue from :meth:`checkpoint` of the same recipe and data."""
        for name in ("network", "average", "optimizer"):
            getattr(self, name).load_state_dict(saved[name])
        self.generator.set_state(saved["generator"])
        torch.set_rng_state(saved["random"])
        self.step, self.losses = saved["step"], list(saved["losses"])


class _Pool:
    """All images as tensors, ISIC 2020 first, with their labels and weights."""

    def __init__(self, data: TrainingData, temper: float):
        target = np.concatenate([data.isic2020["target"], data.other["target"]]).astype(np.int64)
        group = np.concatenate([data.isic2020["group"], data.other["group"]]).astype(np.int64)
        self.isic2020 = len(data.isic2020)
        self.lab = torch.from_numpy(np.concatenate([data.lab, data.other_lab]))
        self.counts = loss.joint_counts(target, group)
        weight = loss.inverse_frequency(self.counts, temper)[np.maximum(group, 0), target]
        if len(data.other):
            classes = np.bincount(data.other["target"], minlength=2)
            weight[group < 0] = loss.inverse_frequency(classes, temper)[target[group < 0]]
        self.target, self.group = torch.from_numpy(target), torch.from_numpy(group)
        self.weight = torch.from_numpy(weight).float()


def train(recipe: Recipe, data: TrainingData, checkpoint: Path | None = None) -> TrainingRun:
    """Run a recipe to its end.

    Parameters
    ----------
    recipe : Recipe
    data : TrainingData
    checkpoint : path, optional
        Written after every epoch; continued from if it exists.
    """
    run = TrainingRun(recipe, data, log=lambda line: print(line, file=sys.stderr, flush=True))
    if checkpoint and Path(checkpoint).exists():
        run.restore(torch.load(checkpoint, weights_only=True))
    while run.epoch < run.epochs:
        run.train_epoch()
        if checkpoint:
            part = Path(f"{checkpoint}.part")
            torch.save(run.checkpoint(), part)
            part.replace(checkpoint)
    return run
