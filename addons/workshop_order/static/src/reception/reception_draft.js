import { browser } from "@web/core/browser/browser";
import { IndexedDB } from "@web/core/utils/indexed_db";
import { user } from "@web/core/user";
import { session } from "@web/session";

const TABLE = "images";

/**
 * What was entered and not received yet, kept in the browser: a reload, a closed lid or
 * a broken line loses nothing of it.
 *
 * Words go to the local storage, which writes before a page is gone; photos and the
 * signature, too large for it, to the browser's database as soon as they are taken.
 */
export class ReceptionDraft {
    constructor() {
        this.db = new IndexedDB("workshop_reception", "1");
        this.name = `workshop_reception-${session.db}-${user.userId}`;
    }

    async load() {
        const text = browser.localStorage.getItem(this.name);
        if (!text) {
            return null;
        }
        const draft = JSON.parse(text);
        const images = await this.db.read(TABLE, this.name);
        if (images?.key === draft.key) {
            draft.form.photos = images.photos;
            draft.form.signature = images.signature;
        }
        return draft;
    }

    save(draft) {
        const form = { ...draft.form, photos: [], signature: "" };
        browser.localStorage.setItem(this.name, JSON.stringify({ ...draft, form }));
    }

    async saveImages({ key, form }) {
        const { photos, signature } = form;
        await this.db.write(TABLE, this.name, { key, photos: [...photos], signature });
    }

    async clear() {
        browser.localStorage.removeItem(this.name);
        await this.db.write(TABLE, this.name, null);
    }
}
