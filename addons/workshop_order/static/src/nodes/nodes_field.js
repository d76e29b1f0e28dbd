import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { useOrderNews } from "../timeline/order_news";

/**
 * The nodes that may follow on a job: buttons for those that this person may confirm,
 * the reason beside those that he may not.
 */
export class NodesField extends Component {
    static template = "workshop_order.NodesField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ isBusy: false });
        // In a dialog, the order's own form is below it and listens already.
        if (!this.env.inDialog) {
            useOrderNews(
                () => this.props.record,
                () => this.props.record.data.order_id?.id
            );
        }
    }

    get choices() {
        return this.props.record.data[this.props.name] || [];
    }

    async onNodeClick(choice) {
        if (this.state.isBusy) {
            return; // the second half of a double click
        }
        const { record } = this.props;
        this.state.isBusy = true;
        try {
            const action = await this.orm.call("workshop.job", "open_node", [
                record.resId,
                choice.code,
            ]);
            if (action) {
                await this.action.doAction(action, { onClose: () => record.load() });
            } else {
                await record.load();
            }
        } catch (error) {
            // Somebody else may have been first: show how it stands now.
            await record.load();
            throw error;
        } finally {
            this.state.isBusy = false;
        }
    }
}

export const nodesField = {
    component: NodesField,
    displayName: _t("Nodes to Confirm"),
    supportedTypes: ["json"],
};

registry.category("fields").add("workshop_nodes", nodesField);
