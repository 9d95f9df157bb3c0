"""What `train --dry-run` prints for people."""

from typing import Any

from striate.data.wording import counted, one_line


def plan_text(plan: dict[str, Any]) -> str:
    """The plan as lines: what, with what, in which stages, how long."""
    pictures, estimate, spec = plan["pictures"], plan["estimate"], plan["preprocessing"]
    height, width = spec["size_hw"]
    colour = "grey" if spec["channels"] == 1 else "RGB"
    counts = ", ".join(f"{pictures[part]:,} {part}" for part in ("train", "validation", "test", "skipped"))
    rows = [
        ("network", f"{plan['model']} ({plan['reason']}), {plan['parameters']:,} parameters"),
        ("weights", plan["weights"]),
        (
            "input",
            f"{width}x{height} {colour}, {spec['fit']}, mean {_list(spec['mean'])}, std {_list(spec['std'])}",
        ),
        ("pictures", f"{counts}; {len(plan['classes'])} classes"),
        ("augment", plan["augmentation"]),
        ("recipe", _recipe(plan)),
        *(("  stage", _stage(stage)) for stage in plan["stages"]),
        ("precision", f"{plan['precision']} on {plan['device']}, {plan['threads']} threads"),
        ("time", _time(estimate)),
        ("memory", _memory(estimate["memory_bytes"])),
    ]
    return "\n".join(f"{name:<10} {one_line(text)}" for name, text in rows)


def _recipe(plan: dict[str, Any]) -> str:
    words = [f"{plan['recipe']}, batches of {plan['batch_size']}"]
    if plan["label_smoothing"]:
        words.append(f"label smoothing {plan['label_smoothing']:g}")
    if plan["clip"] is not None:
        words.append(f"gradients clipped at {plan['clip']:g}")
    if plan["average"] is not None:
        words.append(f"average of weights: {plan['average']['name']}")
    if plan["balance"] != "none":
        words.append(f"classes balanced by {plan['balance']}")
    return ", ".join(words)


def _stage(stage: dict[str, Any]) -> str:
    warm_up = f", warm-up over {stage['warm_up']:g} epochs" if stage["warm_up"] else ""
    return (
        f"{stage['name']}: {counted(stage['epochs'], 'epoch')} = {counted(stage['steps'], 'step')}, "
        f"{stage['optimizer']}, rate "
        f"{stage['lr']:g} ({stage['schedule']}{warm_up}), decay {stage['weight_decay']:g}, "
        f"{stage['trainable']:,} parameters learn"
    )


def _time(estimate: dict[str, Any]) -> str:
    parts = ", ".join(
        f"{name} {_seconds(estimate[f'{name}_seconds'])}" for name in ("reading", "training", "finishing")
    )
    least, most = _seconds(estimate["least_seconds"]), _seconds(estimate["seconds"])
    if least != most:
        return f"about {least} if the first stage is enough, else {most} ({parts}); may end earlier"
    return f"about {most} ({parts}); may end earlier"


def _memory(size: int | None) -> str:
    return "not known on this system" if size is None else f"about {size / 1e9:.2f} GB"


def _seconds(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _list(values: Any) -> str:
    return " ".join(f"{value:.3f}" for value in values)
