import { Component, onWillUpdateProps, useState } from "@odoo/owl";
import { deserializeDate, deserializeDateTime, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";

// How many rows of a list are shown before somebody asks for all.
const FEW = 3;

/**
 * What is known of the car on the desk: whose it is, what is due on it, what was put
 * off, and its last visits.
 */
export class ReceptionFile extends Component {
    static template = "workshop_order.ReceptionFile";
    static props = {
        file: Object,
        due: Array,
        done: Array,
        again: Array,
        chosen: Array,
        priceOf: Function,
        onAdd: Function,
        onAgain: Function,
        onOpenOrder: Function,
        onOpenVehicle: Function,
        onOpenPartner: Function,
        onLookUp: Function,
    };

    setup() {
        this.state = useState({ allDue: false, allDone: false });
        onWillUpdateProps(({ file }) => {
            if (file.vehicle.id !== this.props.file.vehicle.id) {
                Object.assign(this.state, { allDue: false, allDone: false });
            }
        });
    }

    /** What is due for certain; of what nobody here ever did, only the first. */
    get shownDue() {
        if (this.state.allDue) {
            return this.props.due;
        }
        const known = this.props.due.filter(({ status }) => status !== "unrecorded");
        const others = this.props.due.filter(({ status }) => status === "unrecorded");
        return [...known, ...others.slice(0, Math.max(0, FEW - known.length))];
    }

    get moreDueLabel() {
        const hidden = this.props.due.length - this.shownDue.length;
        return hidden ? _t("%s more are not on record here", hidden) : "";
    }

    get shownDone() {
        return this.state.allDone ? this.props.done : this.props.done.slice(0, FEW);
    }

    get moreDoneLabel() {
        const hidden = this.props.done.length - this.shownDone.length;
        return hidden ? _t("%s more", hidden) : "";
    }

    isAgain(row) {
        return this.props.again.some(({ job_id }) => job_id === row.job_id);
    }

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
