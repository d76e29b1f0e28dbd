import { Component } from "@odoo/owl";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";
import { _t } from "@web/core/l10n/translation";
import { deserializeDateTime, formatDate, formatDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { useOrderNews } from "./order_news";

/**
 * Who, when, where, with which photo or video: the events of an order, newest first.
 */
export class TimelineField extends Component {
    static template = "workshop_order.TimelineField";
    static props = { ...standardFieldProps };

    setup() {
        this.fileViewer = useFileViewer();
        this.action = useService("action");
        useOrderNews(() => this.props.record);
    }

    get days() {
        const days = [];
        for (const row of this.props.record.data[this.props.name] || []) {
            const at = deserializeDateTime(row.at);
            const day = formatDate(at);
            if (days.at(-1)?.day !== day) {
                days.push({ day, rows: [] });
            }
            days.at(-1).rows.push({
                ...row,
                time: at.toFormat("HH:mm"),
                moment: formatDateTime(at),
            });
        }
        return days;
    }

    toneLabel(row) {
        return {
            held: _t("Waits for a decision"),
            rejected: _t("Rejected"),
            decided: _t("Decided"),
            undone: _t("Corrected"),
        }[row.tone];
    }

    toneClass(row) {
        return {
            held: "text-bg-warning",
            rejected: "text-bg-danger",
            decided: "text-bg-secondary",
            undone: "text-bg-secondary",
        }[row.tone];
    }

    /** The event with its proof, and where it is decided on or corrected. */
    onEventClick(row) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "workshop.event",
            res_id: row.id,
            views: [[false, "form"]],
        });
    }

    sourceLabel(row) {
        return row.source === "bay" ? _t("Scanned at the bay") : _t("Entered in the browser");
    }

    linkLabel(row) {
        return _t("Link %(number)s of the chain of evidence: %(hash)s…", {
            number: row.link,
            hash: row.hash,
        });
    }

    get enlargeLabel() {
        return _t("Enlarge");
    }

    get playLabel() {
        return _t("Play");
    }

    /** Show the photo or video that was clicked, and leaf through those of the same event. */
    onPhotoClick(row, photo) {
        const files = row.photos
            .filter(({ verified }) => verified)
            .map((each) => ({
                id: each.id,
                name: `${row.node} · ${row.person.name} · ${row.moment}`,
                isImage: !each.video,
                isVideo: each.video,
                mimetype: each.video ? "video/mp4" : "image/jpeg",
                isViewable: true,
                defaultSource: each.full,
                downloadUrl: `${each.full}?download=true`,
            }));
        const file = files.find(({ id }) => id === photo.id);
        this.fileViewer.open(file, files);
    }
}

export const timelineField = {
    component: TimelineField,
    displayName: _t("Timeline"),
    supportedTypes: ["json"],
};

registry.category("fields").add("workshop_timeline", timelineField);
