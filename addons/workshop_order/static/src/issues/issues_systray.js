import { Component, onWillStart, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useBus, useService } from "@web/core/utils/hooks";

const DECIDERS = ["technician_lead", "store_manager"];
const MOST = 99;

/**
 * How many rejected and held records wait for whoever decides about them, in the menu.
 *
 * Counted anew whenever another page is opened.
 */
export class IssuesSystray extends Component {
    static template = "workshop_order.IssuesSystray";
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ count: 0 });
        useBus(this.env.bus, "ACTION_MANAGER:UI-UPDATED", () => this.load());
        onWillStart(async () => {
            const groups = DECIDERS.map((role) => `workshop_chain.workshop_chain_group_${role}`);
            const found = await Promise.all(groups.map((group) => user.hasGroup(group)));
            this.isDecider = found.some(Boolean);
        });
    }

    get shown() {
        return this.state.count > MOST ? `${MOST}+` : `${this.state.count}`;
    }

    async load() {
        if (this.isDecider) {
            this.state.count = await this.orm.silent.searchCount(
                "workshop.event",
                [["is_open_issue", "=", true]],
                { limit: MOST + 1 }
            );
        }
    }

    onClick() {
        return this.action.doAction("workshop_order.workshop_event_action_issues", {
            clearBreadcrumbs: true,
        });
    }
}

registry
    .category("systray")
    .add("workshop_order.issues", { Component: IssuesSystray }, { sequence: 30 });
