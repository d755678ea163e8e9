"""Stack figures of the quick run into the README's picture: `python scripts/readme_picture.py`."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

FIGURES = Path("results/multipartite/figures")
PICTURE = Path("docs/images/quick-run.png")
WIDTH = 1400  # pixels

parts = [Image.open(FIGURES / f"{name}.png").convert("RGB") for name in ("accuracy", "prediction")]
scaled = [part.resize((WIDTH, round(part.height * WIDTH / part.width))) for part in parts]
picture = Image.new("RGB", (WIDTH, sum(part.height for part in scaled)), "white")
top = 0
for part in scaled:
    picture.paste(part, (0, top))
    top += part.height
PICTURE.parent.mkdir(parents=True, exist_ok=True)
picture.quantize(256).save(PICTURE, optimize=True)
print(f"{PICTURE}: {PICTURE.stat().st_size // 1024} KiB")
