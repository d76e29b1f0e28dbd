from . import services, staff, stores, tables


def load(env):
    """A few cars on the yard, received by the advisors of their stores.

    Nothing here has been worked on: what happens on the floor is told by bays alone.
    """
    for row in tables.rows("orders"):
        desk = staff.desk(env, stores.store(env, row["store"]))
        _receive(desk, row)


def _receive(desk, row):
    vehicle = desk["fleet.vehicle"].find_by_plate_or_vin(row["plate"])
    orders = desk["workshop.order"]
    if not vehicle or orders.search_count([("vehicle_id", "=", vehicle.id)]):
        return
    known = services.services(desk)
    order = orders.receive(
        {
            "vehicle_id": vehicle.id,
            "odometer": int(row["odometer"]),
            "complaint": row["complaint"],
            "service_ids": [known[code].id for code in row["services"].split()],
        }
    )
    _jobs(order, row["authorised"]).action_authorise()
    _jobs(order, row["withdrawn"]).action_withdraw()
    if row["cancelled"]:
        order.action_cancel()


def _jobs(order, codes):
    wanted = codes.split()
    return order.job_ids.filtered(lambda job: job.service_id.code in wanted)
