"""REST for the models that a browser hears with."""

import asyncio

from fastapi import APIRouter
from fastapi.responses import FileResponse

from lossy import protocol as wire
from lossy.errors import NotFound
from lossy.inference.web_models import Kind, WebModel, read_web_models
from lossy.web.access import Asker, TheCore
from lossy.web.answers import ApiRoute

router = APIRouter(route_class=ApiRoute)


@router.get("/models")
async def models(_asker: Asker, core: TheCore) -> wire.WebModels:
    """List the models that a browser hears with, and their files."""
    return wire.WebModels(models=tuple(_view(model) for model in await _models(core)))


@router.get("/models/{kind}/{path:path}")
async def model_file(kind: Kind, path: str, _asker: Asker, core: TheCore) -> FileResponse:
    """Give a file of a model."""
    model = next((one for one in await _models(core) if one.kind == kind), None)
    if model is None:
        raise NotFound("There is no such model.")
    return FileResponse(model.find(path), media_type="application/octet-stream")


async def _models(core: TheCore) -> tuple[WebModel, ...]:
    return await asyncio.to_thread(read_web_models, core.settings.web_model)


def _view(model: WebModel) -> wire.WebModel:
    files = tuple(
        wire.ModelFile(path=file.path, size_bytes=file.size_bytes, sha256=file.sha256) for file in model.files
    )
    return wire.WebModel(kind=model.kind, name=model.name, files=files)
