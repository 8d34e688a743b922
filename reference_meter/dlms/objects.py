"""The object model of the meter (slot ``objects``): which objects there are and who may do what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bench.protocols.axdr import Data
from bench.protocols.cosem import CosemAttribute, CosemMethod, Obis
from bench.protocols.data import WrongType
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.logical_devices import stands_in
from reference_meter.dlms.model.association_object import (
    ASSOCIATION,
    access_rights,
    association_objects,
)
from reference_meter.dlms.model.communication import COMMUNICATION
from reference_meter.dlms.model.cosem_object import Attribute, CosemObject, Method, Role
from reference_meter.dlms.model.demand_objects import DEMAND
from reference_meter.dlms.model.event_objects import EVENTS
from reference_meter.dlms.model.further_objects import FURTHER, further_phase_registers
from reference_meter.dlms.model.identification import IDENTIFICATION
from reference_meter.dlms.model.image_object import IMAGE
from reference_meter.dlms.model.measurement import MEASUREMENT, phase_registers
from reference_meter.dlms.model.module_objects import module_objects
from reference_meter.dlms.model.monitor_objects import REGISTER_MONITORS
from reference_meter.dlms.model.network_objects import NETWORK
from reference_meter.dlms.model.payment import PAYMENT
from reference_meter.dlms.model.power_registers import POWERS
from reference_meter.dlms.model.profile_object import profile_object
from reference_meter.dlms.model.protection_objects import FUNCTION, port_protections
from reference_meter.dlms.model.push_objects import PUSH
from reference_meter.dlms.model.reactive_registers import APPARENT, reactive_energy
from reference_meter.dlms.model.register_activation import ACTIVATION
from reference_meter.dlms.model.schedule_objects import SCHEDULES
from reference_meter.dlms.model.script_tables import SCRIPTS
from reference_meter.dlms.model.security_objects import security_objects
from reference_meter.dlms.model.supply import SUPPLY
from reference_meter.dlms.model.tariff_objects import TARIFFS

if TYPE_CHECKING:
    from reference_meter.meter import Meter


@contextmanager
def _typed() -> Iterator[None]:
    """Refuse a value whose elements are of other types than the object takes apart."""
    try:
        yield
    except WrongType as error:
        raise AccessError(DataAccessResult.TYPE_UNMATCHED) from error


class Objects:
    """Read, write and invoke COSEM objects on behalf of a role; raise `AccessError` to refuse."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.rows: tuple[CosemObject, ...] = self.build()
        self._index: dict[tuple[int, Role], dict[Obis, CosemObject]] = {}

    def build(self) -> tuple[CosemObject, ...]:
        """Return all objects, in the order of the object_list."""
        product = self.meter.product
        return (
            *ASSOCIATION,
            *IDENTIFICATION,
            *MEASUREMENT,
            *phase_registers(product.nameplate.elements),
            *POWERS,
            *reactive_energy(product.nameplate.reactive_class),
            *APPARENT,
            *DEMAND,
            *ACTIVATION,
            *SUPPLY,
            *SCHEDULES,
            *SCRIPTS,
            *PAYMENT,
            *COMMUNICATION,
            *NETWORK,
            *FURTHER,
            *further_phase_registers(product.nameplate.elements),
            *module_objects(product.communication.module_objects),
            *FUNCTION,
            *port_protections(product.communication),
            *association_objects(product.communication.associations),
            *security_objects(product.communication.associations),
            *map(profile_object, self.meter.profiles.all.values()),
            *EVENTS,
            *REGISTER_MONITORS,
            *TARIFFS,
            *IMAGE,
            *PUSH,
        )

    def visible(self, role: Role) -> tuple[CosemObject, ...]:
        """Return the objects of the logical device being served with which ``role`` may do anything, in order."""
        device = self.meter.association.device
        return tuple(row for row in self.rows if row.visible(role) and stands_in(row, device))

    def reachable(self, role: Role) -> tuple[CosemObject, ...]:
        """Return the objects that answer ``role``: those it sees."""
        return self.visible(role)

    def listed_access(self, row: CosemObject, role: Role) -> Data:
        """Return the access rights that the object_list shows for an object."""
        return access_rights(row, role)

    def find(self, class_id: int, obis: Obis, role: Role) -> CosemObject:
        """Return the visible object of that name. Refuse what is absent or of another class."""
        place = (self.meter.association.device, role)
        if place not in self._index:
            self._index[place] = {row.obis: row for row in reversed(self.reachable(role))}
        row = self._index[place].get(obis)
        if row is None:
            raise AccessError(DataAccessResult.OBJECT_UNDEFINED)
        if row.class_id != class_id:
            raise AccessError(DataAccessResult.OBJECT_CLASS_INCONSISTENT)
        return row

    def attribute(self, reference: CosemAttribute, role: Role) -> Attribute:
        """Return the attribute a reference names. Refuse what is absent."""
        found = self.find(reference.class_id, reference.obis, role).attribute(reference.attribute)
        if found is None:
            raise AccessError(DataAccessResult.OBJECT_UNDEFINED)
        return found

    def method(self, reference: CosemMethod, role: Role) -> Method:
        """Return the method a reference names. Refuse what is absent."""
        found = self.find(reference.class_id, reference.obis, role).method(reference.method)
        if found is None:
            raise AccessError(DataAccessResult.OBJECT_UNDEFINED)
        return found

    def may_read(self, attribute: Attribute, role: Role) -> bool:
        """Decide whether ``role`` may read an attribute."""
        return attribute.readable(role)

    def may_write(self, attribute: Attribute, role: Role) -> bool:
        """Decide whether ``role`` may write an attribute."""
        return attribute.writable(role)

    def may_invoke(self, method: Method, role: Role) -> bool:
        """Decide whether ``role`` may invoke a method."""
        return method.usable(role)

    def read(self, reference: CosemAttribute, role: Role, selection: tuple[int, Data] | None = None) -> Data:
        """Return an attribute's value, or the part that ``selection`` (selector, parameter) asks for."""
        attribute = self.attribute(reference, role)
        if attribute.read is None or not self.may_read(attribute, role):
            raise AccessError(DataAccessResult.READ_WRITE_DENIED)
        if selection is None:
            return attribute.read(self.meter)
        selector, parameter = selection
        if attribute.select is None or selector not in attribute.selectors:
            raise AccessError(DataAccessResult.SCOPE_OF_ACCESS_VIOLATED)
        with _typed():
            return attribute.select(self.meter, selector, parameter)

    def pushed(self, reference: CosemAttribute) -> Data:
        """Return what a push tells of an attribute: what management may read."""
        return self.read(reference, Role.MANAGEMENT)

    def write(self, reference: CosemAttribute, value: Data, role: Role) -> None:
        """Write an attribute."""
        attribute = self.attribute(reference, role)
        if attribute.write is None or not self.may_write(attribute, role):
            raise AccessError(DataAccessResult.READ_WRITE_DENIED)
        if value.type not in attribute.types:
            raise AccessError(DataAccessResult.TYPE_UNMATCHED)
        with _typed():
            attribute.write(self.meter, value)

    def invoke(self, reference: CosemMethod, parameter: Data | None, role: Role) -> Data | None:
        """Invoke a method and return its value, if it has one."""
        method = self.method(reference, role)
        if method.invoke is None or not self.may_invoke(method, role):
            raise AccessError(DataAccessResult.READ_WRITE_DENIED)
        if parameter is None or parameter.type not in method.types:
            raise AccessError(DataAccessResult.TYPE_UNMATCHED)
        with _typed():
            return method.invoke(self.meter, parameter)
