"""GDAL's own fractional zonal statistics (GDAL >= 3.12), called in the libgdal that pyogrio's wheel brings.

No Python binding of it is on the package index without a compiler, so that its C API is called here. Rasters are lent
to GDAL where they lie in memory, polygons are handed over beforehand, and the output stays in memory: only
``GDALAlgorithmRun`` is timed, which favours GDAL.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_bool, c_char_p, c_double, c_int, c_size_t, c_void_p
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.grid import Grid
    from ew4all.units import F64

FLOAT32 = 6
MULTIPOLYGON = 6

_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "CPLGetLastErrorMsg": (c_char_p, ()),
    "GDALAddBand": (c_int, (c_void_p, c_int, POINTER(c_char_p))),
    "GDALAlgorithmArgGetAsDatasetValue": (c_void_p, (c_void_p,)),
    "GDALAlgorithmArgSetAsDatasetValue": (c_bool, (c_void_p, c_void_p)),
    "GDALAlgorithmArgSetAsString": (c_bool, (c_void_p, c_char_p)),
    "GDALAlgorithmArgSetAsStringList": (c_bool, (c_void_p, POINTER(c_char_p))),
    "GDALAlgorithmArgSetDataset": (c_bool, (c_void_p, c_void_p)),
    "GDALAlgorithmArgSetDatasets": (c_bool, (c_void_p, c_size_t, POINTER(c_void_p))),
    "GDALAlgorithmFinalize": (c_bool, (c_void_p,)),
    "GDALAlgorithmGetArg": (c_void_p, (c_void_p, c_char_p)),
    "GDALAlgorithmInstantiateSubAlgorithm": (c_void_p, (c_void_p, c_char_p)),
    "GDALAlgorithmRegistryInstantiateAlg": (c_void_p, (c_void_p, c_char_p)),
    "GDALAlgorithmRelease": (None, (c_void_p,)),
    "GDALAlgorithmRun": (c_bool, (c_void_p, c_void_p, c_void_p)),
    "GDALAllRegister": (None, ()),
    "GDALArgDatasetValueCreate": (c_void_p, ()),
    "GDALArgDatasetValueGetDatasetIncreaseRefCount": (c_void_p, (c_void_p,)),
    "GDALArgDatasetValueRelease": (None, (c_void_p,)),
    "GDALArgDatasetValueSetName": (None, (c_void_p, c_char_p)),
    "GDALCreate": (c_void_p, (c_void_p, c_char_p, c_int, c_int, c_int, c_int, c_void_p)),
    "GDALDatasetCreateLayer": (c_void_p, (c_void_p, c_char_p, c_void_p, c_int, c_void_p)),
    "GDALDatasetGetLayer": (c_void_p, (c_void_p, c_int)),
    "GDALGetDriverByName": (c_void_p, (c_char_p,)),
    "GDALGetGlobalAlgorithmRegistry": (c_void_p, ()),
    "GDALReleaseDataset": (c_int, (c_void_p,)),
    "GDALSetGeoTransform": (c_int, (c_void_p, POINTER(c_double))),
    "GDALVersionInfo": (c_char_p, (c_char_p,)),
    "OGR_F_Create": (c_void_p, (c_void_p,)),
    "OGR_F_Destroy": (None, (c_void_p,)),
    "OGR_F_GetFieldAsDouble": (c_double, (c_void_p, c_int)),
    "OGR_F_SetGeometryDirectly": (c_int, (c_void_p, c_void_p)),
    "OGR_G_CreateFromWkb": (c_int, (c_char_p, c_void_p, POINTER(c_void_p), c_int)),
    "OGR_L_CreateFeature": (c_int, (c_void_p, c_void_p)),
    "OGR_L_GetLayerDefn": (c_void_p, (c_void_p,)),
    "OGR_L_GetNextFeature": (c_void_p, (c_void_p,)),
}


@cache
def _gdal() -> Any:
    """Load the library that pyogrio loaded, and say what its functions take; None where it lacks one."""
    import pyogrio

    folder = Path(pyogrio.__file__).parents[1] / "pyogrio.libs"
    found = sorted(folder.glob("libgdal*"))
    if not found:
        return None
    library = ctypes.CDLL(str(found[0]))
    for name, (result, arguments) in _SIGNATURES.items():
        if not hasattr(library, name):
            return None
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    library.GDALAllRegister()
    return library


def gdal_version() -> str | None:
    """Version of the library, such as 3.12.4; None where it is not at hand or too old."""
    library = _gdal()
    return None if library is None else str(library.GDALVersionInfo(b"RELEASE_NAME").decode())


class LentRasters:
    """Float32 arrays as the bands of a GDAL dataset in memory; nothing is copied."""

    def __init__(self, grid: Grid, arrays: Sequence[NDArray[np.float32]]) -> None:
        gdal = _gdal()
        self.arrays = tuple(arrays)  # GDAL looks into them: they must live as long as the dataset
        self.grid = grid
        memory = gdal.GDALGetDriverByName(b"MEM")
        self.dataset = gdal.GDALCreate(memory, b"", grid.width, grid.height, 0, FLOAT32, None)
        for array in self.arrays:
            assert array.dtype == np.float32
            assert array.flags.c_contiguous
            option = (c_char_p * 2)(b"DATAPOINTER=%d" % array.ctypes.data, None)
            assert gdal.GDALAddBand(self.dataset, FLOAT32, option) == 0
        a, b, c, d, e, f = tuple(grid.transform)[:6]
        gdal.GDALSetGeoTransform(self.dataset, (c_double * 6)(c, a, b, f, d, e))

    def close(self) -> None:
        """Free the dataset, not the arrays."""
        _gdal().GDALReleaseDataset(self.dataset)


class LentZones:
    """Polygons as a layer of a GDAL dataset in memory."""

    def __init__(self, shapes: NDArray[Any]) -> None:
        gdal = _gdal()
        self.count = len(shapes)
        memory = gdal.GDALGetDriverByName(b"MEM")
        self.dataset = gdal.GDALCreate(memory, b"", 0, 0, 0, 0, None)
        layer = gdal.GDALDatasetCreateLayer(self.dataset, b"zones", None, MULTIPOLYGON, None)
        definition = gdal.OGR_L_GetLayerDefn(layer)
        for wkb in shapely.to_wkb(shapes):
            geometry = c_void_p()
            assert gdal.OGR_G_CreateFromWkb(wkb, None, byref(geometry), len(wkb)) == 0
            feature = gdal.OGR_F_Create(definition)
            gdal.OGR_F_SetGeometryDirectly(feature, geometry)
            assert gdal.OGR_L_CreateFeature(layer, feature) == 0
            gdal.OGR_F_Destroy(feature)

    def close(self) -> None:
        """Free the dataset."""
        _gdal().GDALReleaseDataset(self.dataset)


def zonal_sums(rasters: LentRasters, zones: LentZones, strategy: str) -> F64:
    """Return the fractional sum of each band in each zone, shape (zones, bands).

    Parameters
    ----------
    strategy
        ``feature`` or ``raster``: what the outer loop goes over.
    """
    gdal = _gdal()
    group = gdal.GDALAlgorithmRegistryInstantiateAlg(
        gdal.GDALGetGlobalAlgorithmRegistry(), b"raster"
    )
    algorithm = gdal.GDALAlgorithmInstantiateSubAlgorithm(group, b"zonal-stats")

    def argument(name: bytes) -> Any:
        found = gdal.GDALAlgorithmGetArg(algorithm, name)
        assert found, name
        return found

    one = (c_void_p * 1)(rasters.dataset)
    assert gdal.GDALAlgorithmArgSetDatasets(argument(b"input"), 1, one)
    assert gdal.GDALAlgorithmArgSetDataset(argument(b"zones"), zones.dataset)
    stats = (c_char_p * 2)(b"sum", None)
    assert gdal.GDALAlgorithmArgSetAsStringList(argument(b"stat"), stats)
    for name, value in (
        (b"pixels", b"fractional"),
        (b"strategy", strategy.encode()),
        (b"output-format", b"MEM"),
    ):
        assert gdal.GDALAlgorithmArgSetAsString(argument(name), value), name
    target = gdal.GDALArgDatasetValueCreate()
    gdal.GDALArgDatasetValueSetName(target, b"")
    assert gdal.GDALAlgorithmArgSetAsDatasetValue(argument(b"output"), target)
    gdal.GDALArgDatasetValueRelease(target)
    ran = gdal.GDALAlgorithmRun(algorithm, None, None)
    assert ran, gdal.CPLGetLastErrorMsg().decode(errors="replace")
    found = gdal.GDALAlgorithmArgGetAsDatasetValue(argument(b"output"))
    output = gdal.GDALArgDatasetValueGetDatasetIncreaseRefCount(found)
    layer = gdal.GDALDatasetGetLayer(output, 0)
    sums = np.zeros((zones.count, len(rasters.arrays)))
    for row in sums:
        feature = gdal.OGR_L_GetNextFeature(layer)
        for band in range(row.size):
            row[band] = gdal.OGR_F_GetFieldAsDouble(feature, band)
        gdal.OGR_F_Destroy(feature)
    gdal.GDALReleaseDataset(output)
    gdal.GDALAlgorithmFinalize(algorithm)
    gdal.GDALAlgorithmRelease(algorithm)
    gdal.GDALAlgorithmRelease(group)
    return sums
