import { IndexedDB } from "@web/core/utils/indexed_db";
import { user } from "@web/core/user";
import { session } from "@web/session";

const TABLE = "draft";

/**
 * What was entered and not received yet, kept in the browser: a reload, a closed lid or
 * a broken line loses nothing of it, photos included.
 */
export class ReceptionDraft {
    constructor() {
        this.db = new IndexedDB("workshop_reception", "1");
        this.name = `${session.db}-${user.userId}`;
    }

    async load() {
        const text = await this.db.read(TABLE, this.name);
        return text ? JSON.parse(text) : null;
    }

    async save(draft) {
        await this.db.write(TABLE, this.name, JSON.stringify(draft));
    }

    async clear() {
        await this.db.write(TABLE, this.name, "");
    }
}
