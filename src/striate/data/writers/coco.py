"""Writes scenes as COCO: pictures in a folder a part, `annotations/instances_PART.json` beside them.

Boxes are (x, y, width, height) with x and y between pixels, as COCO has them; masks are compressed run
lengths; the corners of a cut-out's frame are its key points. A scene whose cut-outs hide each other has the
box, area and mask of what is visible.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from striate.data.composing.scene import Scene
from striate.data.rle import runs_of, text_of

CORNERS = ("top left", "top right", "bottom right", "bottom left")


class CocoPart:
    """The annotations of one part, scene after scene.

    Identities go on from part to part: pictures and objects of different parts never share one.
    """

    def __init__(self, classes: Sequence[str], info: Mapping[str, Any], first_object: int = 1) -> None:
        self.next_object = first_object
        self.next_sentence = first_object
        self._info = dict(info)
        self._images: list[dict[str, Any]] = []
        self._objects: list[dict[str, Any]] = []
        self._sentences: list[dict[str, Any]] = []
        self._categories = [
            {"id": at, "name": name, "supercategory": "", "keypoints": list(CORNERS), "skeleton": []}
            for at, name in enumerate(classes, start=1)
        ]

    def add(self, identity: int, file_name: str, scene: Scene, sentences: Sequence[str]) -> None:
        """Note a scene; `identity` is its picture's."""
        height, width = scene.picture.shape[1:]
        image = {"id": identity, "file_name": file_name, "width": width, "height": height}
        self._images.append({**image, "background": scene.background})
        for at in range(len(scene.labels)):
            self._objects.append({"id": self.next_object, "image_id": identity, **_object(scene, at)})
            self.next_object += 1
        for sentence in sentences:
            self._sentences.append({"id": self.next_sentence, "image_id": identity, "caption": sentence})
            self.next_sentence += 1

    def instances(self) -> bytes:
        """The JSON of boxes, masks and corners."""
        return _json(
            {
                "info": self._info,
                "licenses": [],
                "images": self._images,
                "annotations": self._objects,
                "categories": self._categories,
            }
        )

    def captions(self) -> bytes:
        """The JSON of the sentences."""
        whole = {"info": self._info, "licenses": [], "images": self._images, "annotations": self._sentences}
        return _json(whole)


def _object(scene: Scene, at: int) -> dict[str, Any]:
    mask = scene.masks[at].numpy()
    x1, y1, x2, y2 = (int(value) for value in scene.boxes[at])
    visible = scene.corners_visible[at].tolist()
    corners: list[float] = []
    for (x, y), seen in zip(scene.corners[at].tolist(), visible, strict=True):
        corners += [round(x, 3), round(y, 3), seen] if seen else [0, 0, 0]
    return {
        "category_id": int(scene.labels[at]) + 1,
        "bbox": [x1, y1, x2 - x1, y2 - y1],
        "area": int(mask.sum()),
        "segmentation": {"size": list(mask.shape), "counts": text_of(runs_of(mask))},
        "iscrowd": 0,
        "keypoints": corners,
        "num_keypoints": sum(seen > 0 for seen in visible),
        "cut_out": scene.cut_outs[at],
    }


def _json(whole: Mapping[str, Any]) -> bytes:
    return (json.dumps(whole, ensure_ascii=True, separators=(",", ":")) + "\n").encode()
