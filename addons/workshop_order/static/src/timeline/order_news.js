import { onWillDestroy, onWillStart, useEffect } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

/**
 * Reload a form when something happened on its order's floor, and say what it was.
 *
 * What is being typed is never thrown away: then it is only said.
 *
 * @param {() => import("@web/model/relational_model/record").Record} getRecord the form's
 * @param {() => number | false} getOrder the order's id; false while it is not saved
 */
export function useOrderNews(getRecord, getOrder = () => getRecord().resId) {
    const bus = useService("bus_service");
    const notification = useService("notification");
    let told; // the last event: it is announced again when what follows from it is done

    async function onNews(news) {
        const record = getRecord();
        if (news.order !== getOrder()) {
            return;
        }
        if (news.event && news.event !== told && news.user !== user.userId) {
            told = news.event;
            const place = news.place || _t("in the browser");
            // What concerns the whole order belongs to no job.
            const job = news.job || record.data.display_name;
            notification.add(
                _t("%(job)s: %(node)s, %(person)s, %(place)s", { ...news, job, place }),
                { type: "info" }
            );
        }
        const isDirty = await record.isDirty();
        if (news.change && news.user !== user.userId) {
            const text = isDirty
                ? _t("%s changed this order meanwhile. What you typed is still here: compare before you save.", news.person)
                : _t("%s changed this order: it is shown as it is now.", news.person);
            notification.add(text, { type: "warning", sticky: isDirty });
        }
        if (!isDirty) {
            await record.load();
        }
    }

    onWillStart(() => bus.subscribe("workshop_order.floor", onNews));
    onWillDestroy(() => bus.unsubscribe("workshop_order.floor", onNews));
    // The pager shows another order in the same form.
    useEffect(
        (order) => {
            if (order) {
                const channel = `workshop.order_${order}`;
                bus.addChannel(channel);
                return () => bus.deleteChannel(channel);
            }
        },
        () => [getOrder()]
    );
}
