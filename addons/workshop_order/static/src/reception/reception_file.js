import { Component } from "@odoo/owl";
import { deserializeDate, deserializeDateTime, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";

/**
 * What is known of the car on the desk: whose it is, what is due on it, what was put
 * off, and its last visits.
 */
export class ReceptionFile extends Component {
    static template = "workshop_order.ReceptionFile";
    static props = {
        file: Object,
        due: Array,
        chosen: Array,
        priceOf: Function,
        onAdd: Function,
        onOpenOrder: Function,
        onOpenVehicle: Function,
        onOpenPartner: Function,
        onLookUp: Function,
    };

    get customerLabel() {
        const { owner } = this.props.file;
        return owner && owner.visits
            ? _t("Returning customer · visits: %s", owner.visits)
            : _t("New customer");
    }

    get isReturning() {
        return Boolean(this.props.file.owner && this.props.file.owner.visits);
    }

    get lastVisitLabel() {
        const { last } = this.props.file.owner;
        return last ? _t("last here on %s", this.day(last)) : "";
    }

    get details() {
        const { vehicle } = this.props.file;
        return [vehicle.year, vehicle.engine, vehicle.color].filter(Boolean).join(" · ");
    }

    day(text) {
        return formatDate(deserializeDateTime(text));
    }

    date(text) {
        return formatDate(deserializeDate(text));
    }

    dueLabel(row) {
        return {
            due: _t("Due"),
            soon: _t("Due soon"),
            unrecorded: _t("Not on record"),
        }[row.status];
    }

    dueClass(row) {
        return { due: "text-bg-danger", soon: "text-bg-warning" }[row.status] || "text-bg-light border";
    }

    isChosen(row) {
        return this.props.chosen.includes(row.service_id);
    }
}
