import { Component, onWillStart, useEffect, useRef, useState } from "@odoo/owl";
import { AutoComplete } from "@web/core/autocomplete/autocomplete";
import { scanBarcode } from "@web/core/barcode/barcode_dialog";
import { isBarcodeScannerSupported } from "@web/core/barcode/barcode_video_scanner";
import { formatCurrency } from "@web/core/currency";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError, RPCError } from "@web/core/network/rpc";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { registry } from "@web/core/registry";
import { SignatureDialog } from "@web/core/signature/signature_dialog";
import { useService } from "@web/core/utils/hooks";
import { FormViewDialog } from "@web/views/view_dialogs/form_view_dialog";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { ReceptionDraft } from "./reception_draft";
import { ReceptionFile } from "./reception_file";
import { shrinkPhoto } from "./reception_photo";

const MAX_PHOTOS = 12;
const FUEL = [0, 25, 50, 75, 100];

function emptyForm() {
    return {
        odometer: "",
        odometerReason: "",
        complaint: "",
        fuel: -1,
        belongings: "",
        signature: "",
        signedBy: "",
        photos: [],
        services: [],
        packages: [],
        again: [],
        free: [],
        partnerId: false,
        changeOwner: false,
        partnerName: "",
        partnerPhone: "",
        car: null,
    };
}

/** The key of one reception; crypto.randomUUID is missing on plain HTTP. */
function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The desk's screen: name the car, see what is known, note how it was handed over,
 * choose services, receive. Everything goes by keyboard as well as by finger.
 */
export class ReceptionAction extends Component {
    static template = "workshop_order.ReceptionAction";
    static components = { AutoComplete, ReceptionFile, RecordSelector };
    static props = { ...standardActionServiceProps };

    setup() {
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.orm = useService("orm");
        this.draft = new ReceptionDraft();
        this.textRef = useRef("text");
        this.odometerRef = useRef("odometer");
        this.complaintRef = useRef("complaint");
        this.photoRef = useRef("photo");
        this.fuels = FUEL;
        this.state = useState({
            stores: [],
            storeId: false,
            text: "",
            told: null,
            searching: false,
            busy: false,
            error: "",
            restored: false,
            plateOf: null,
            doubt: false,
            due: [],
            done: [],
            services: [],
            packages: [],
            currencyId: false,
            mostOffStandard: 0,
            focus: "text",
            form: emptyForm(),
        });
        this.key = newKey();
        this.sent = "";
        useHotkey("control+enter", () => this.receive(), { bypassEditableProtection: true });
        useEffect(
            (focus) => {
                const target = {
                    text: this.textRef,
                    odometer: this.odometerRef,
                    complaint: this.complaintRef,
                }[focus];
                if (target?.el) {
                    target.el.focus();
                    this.state.focus = "";
                }
            },
            () => [this.state.focus]
        );
        onWillStart(() => this.start());
    }

    // ------------------------------------------------------------------ start

    async start() {
        const { stores, most_off_standard } = await this.orm.call("workshop.reception", "start", []);
        this.state.mostOffStandard = most_off_standard;
        this.state.stores = stores;
        this.state.storeId = stores[0]?.id || false;
        const vehicleId = this.props.action.context?.reception_vehicle_id;
        if (vehicleId) {
            await this.lookUp({ vehicleId });
            return;
        }
        await this.restore();
    }

    async restore() {
        const draft = await this.draft.load();
        if (!draft) {
            return;
        }
        if (this.state.stores.some(({ id }) => id === draft.storeId)) {
            this.state.storeId = draft.storeId;
        }
        this.key = draft.key;
        this.sent = draft.sent;
        this.state.text = draft.text;
        if (draft.vehicleId || draft.text) {
            await this.lookUp({ vehicleId: draft.vehicleId, form: draft.form });
        }
        Object.assign(this.state.form, draft.form);
        this.state.restored = true;
        if (this.file && draft.form.odometer) {
            await this.onOdometerChange();
        }
    }

    save() {
        if (this.isDirty) {
            this.draft.save({
                key: this.key,
                sent: this.sent,
                text: this.state.text,
                storeId: this.state.storeId,
                vehicleId: this.file?.vehicle.id || false,
                form: this.state.form,
            });
        }
    }

    async saveImages() {
        this.save();
        await this.draft.saveImages({ key: this.key, form: this.state.form });
    }

    async reset() {
        this.key = newKey();
        this.sent = "";
        Object.assign(this.state, {
            text: "",
            told: null,
            error: "",
            restored: false,
            plateOf: null,
            doubt: false,
            due: [],
            done: [],
            form: emptyForm(),
            focus: "text",
        });
        await this.draft.clear();
    }

    // ------------------------------------------------------------------ what is shown

    get file() {
        return this.state.told?.file || null;
    }

    get isNew() {
        return Boolean(this.state.form.car);
    }

    get isDirty() {
        return Boolean(this.state.told && (this.file || this.isNew));
    }

    get canScan() {
        // Browsers give the camera to pages of HTTPS and of this machine alone.
        return window.isSecureContext && isBarcodeScannerSupported();
    }

    get store() {
        return this.state.stores.find(({ id }) => id === this.state.storeId);
    }

    get chosen() {
        return this.state.form.services
            .map((id) => this.state.services.find((service) => service.id === id))
            .filter(Boolean);
    }

    get chosenPackages() {
        return this.state.form.packages
            .map((id) => this.state.packages.find((each) => each.id === id))
            .filter(Boolean);
    }

    /** Work that no standard describes, as it was typed. */
    get freeJobs() {
        return this.state.form.free.map(({ text, hours, price }) => ({
            text: text.trim(),
            hours: Number(hours),
            price: Number(price),
        }));
    }

    get mostOffStandard() {
        return this.money(this.state.mostOffStandard);
    }

    get total() {
        const all = [...this.chosen, ...this.chosenPackages, ...this.freeJobs];
        return this.money(all.reduce((sum, { price }) => sum + price, 0));
    }

    get missing() {
        const { form } = this.state;
        if (!this.file && !this.isNew) {
            return _t("Scan or type a plate or a VIN.");
        }
        if (this.isNew && !form.car.license_plate && !form.car.vin_sn) {
            return _t("Enter the plate or the VIN of the car.");
        }
        if (this.isNew && !form.car.model_id) {
            return _t("Choose the model of the car.");
        }
        if (!this.file?.owner && !form.partnerId && !form.partnerName.trim()) {
            return _t("Enter whose car it is.");
        }
        if (form.odometer === "") {
            return _t("Read the odometer.");
        }
        if (this.state.doubt?.kind === "backwards" && !form.odometerReason.trim()) {
            return _t("Say why the odometer runs backwards.");
        }
        if (this.freeJobs.some(({ text, hours }) => !text || !(hours > 0))) {
            return _t("Say of the off-standard job what is to be done and how long it takes.");
        }
        if (this.freeJobs.some(({ price }) => !(price >= 0 && price <= this.state.mostOffStandard))) {
            return _t("An off-standard job of yours may cost %s at most.", this.mostOffStandard);
        }
        return "";
    }

    get serviceSources() {
        return [
            {
                options: (request) => {
                    const { form, packages, services } = this.state;
                    const found = [
                        ...this.offered(services, form.services, request).map((row) => ({
                            label: this.offerLabel(row),
                            onSelect: () => this.toggleService(row.id),
                        })),
                        ...this.offered(packages, form.packages, request).map((row) => ({
                            label: _t("Package: %s", this.offerLabel(row)),
                            onSelect: () => this.togglePackage(row.id),
                        })),
                    ];
                    return request.trim() ? found.slice(0, 12) : found;
                },
            },
        ];
    }

    /** What was not chosen yet and has all the words in its code, name or contents. */
    offered(rows, chosen, request) {
        const words = request.toLowerCase().split(/\s+/).filter(Boolean);
        return rows
            .filter(({ id }) => !chosen.includes(id))
            .filter(({ code, name, category, services }) => {
                const text = [code, name, category, ...(services || [])].join(" ");
                return words.every((word) => text.toLowerCase().includes(word));
            })
            .slice(0, 10);
    }

    offerLabel({ name, price, problem }) {
        return problem ? name : `${name} · ${this.money(price)}`;
    }

    payerLabel({ payer }) {
        return payer === "warranty" ? _t("Under warranty") : _t("As a comeback");
    }

    get plateOfLabel() {
        const { plate, model, owner } = this.state.plateOf;
        return owner
            ? _t("%(plate)s is the plate of the %(model)s of %(owner)s.", { plate, model, owner })
            : _t("%(plate)s is the plate of a %(model)s.", { plate, model });
    }

    get lastReading() {
        return this.file?.reading ? _t("last: %s", this.file.reading.text) : "";
    }

    fuelLabel(level) {
        return { 0: _t("Empty"), 25: "¼", 50: "½", 75: "¾", 100: _t("Full") }[level];
    }

    money(amount) {
        return formatCurrency(amount, this.state.currencyId);
    }

    priceOf(serviceId) {
        const service = this.state.services.find(({ id }) => id === serviceId);
        return service && !service.problem ? this.money(service.price) : _t("Add");
    }

    // ------------------------------------------------------------------ which car

    async onTextKeydown(ev) {
        if (ev.key === "Enter") {
            ev.preventDefault();
            await this.lookUp();
        }
    }

    async scan() {
        const code = await scanBarcode(this.env);
        this.state.text = code;
        await this.lookUp();
    }

    async lookUp({ vehicleId = false, form = null } = {}) {
        const text = this.state.text.trim();
        if (!vehicleId && !text) {
            return;
        }
        if (!form && this.file && this.file.vehicle.id !== vehicleId) {
            // Another car: nothing of the former one may slip into its order.
            const kept = this.state.text;
            await this.reset();
            this.state.text = kept;
        }
        this.state.searching = true;
        this.state.error = "";
        try {
            const told = await this.orm.call("workshop.reception", "look_up", [text], {
                vehicle_id: vehicleId,
                company_id: this.state.storeId,
            });
            this.take(told);
        } catch (error) {
            this.explain(error);
        } finally {
            this.state.searching = false;
        }
    }

    take(told) {
        this.state.told = told;
        this.state.error = "";
        this.state.services = told.services || [];
        this.state.packages = told.packages || [];
        this.state.currencyId = told.currency_id;
        this.state.form.car = null;
        this.state.plateOf = null;
        if (told.file) {
            this.state.text = told.file.vehicle.plate || told.file.vehicle.vin;
            this.state.due = told.file.due;
            this.state.done = told.file.done;
            this.state.form.signedBy ||= told.file.owner?.name || "";
            this.state.focus = "odometer";
        } else if (told.kind === "new_vin" || told.kind === "new_plate") {
            this.enterCar(told);
        } else if (told.kind === "nothing") {
            this.state.error = _t("This is neither a plate nor a VIN. The last characters of one are enough.");
        }
        this.save();
    }

    enterCar(told, confirmed = false) {
        this.state.text = told.vin || told.plate;
        this.state.form.car = {
            license_plate: told.plate || "",
            vin_sn: told.vin || "",
            vin_confirmed: confirmed,
            model_id: told.model_id || false,
            engine: told.engine || "",
            color: "",
            take_plate: false,
        };
        this.state.told = { ...told, kind: told.vin ? "new_vin" : "new_plate" };
    }

    useSuggestion() {
        this.state.text = this.state.told.suggestion;
        return this.lookUp();
    }

    async onModelChange(modelId) {
        this.state.form.car.model_id = modelId;
        const offers = await this.orm.call("workshop.reception", "quote", [], {
            model_id: modelId,
            company_id: this.state.storeId,
        });
        Object.assign(this.state, offers);
        this.save();
    }

    createModel() {
        this.dialog.add(FormViewDialog, {
            resModel: "fleet.vehicle.model",
            context: { form_view_ref: "workshop_vehicle.fleet_vehicle_model_view_form" },
            size: "md",
            canExpand: false,
            title: _t("New Model"),
            onRecordSaved: (record) => this.onModelChange(record.resId),
        });
    }

    /** A plate that another current car bears is said before the button is pressed. */
    async onPlateChange() {
        const { car } = this.state.form;
        this.state.plateOf = null;
        car.take_plate = false;
        if (!car.license_plate.trim()) {
            return;
        }
        const told = await this.orm.call("workshop.reception", "look_up", [car.license_plate], {
            company_id: this.state.storeId,
        });
        this.state.plateOf = told.file ? told.file.vehicle : null;
    }

    async onVinChange() {
        const { car } = this.state.form;
        if (!car.vin_sn.trim()) {
            return;
        }
        const told = await this.orm.call("workshop.reception", "look_up", [car.vin_sn], {
            company_id: this.state.storeId,
        });
        if (told.file) {
            this.take(told);
        } else if (told.kind === "bad_vin") {
            this.state.error = told.message;
        } else if (told.kind === "new_vin") {
            this.state.error = "";
            car.vin_sn = told.vin;
            car.model_id ||= told.model_id || false;
            Object.assign(this.state.told, told);
        }
    }

    // ------------------------------------------------------------------ what is noted

    onOdometerKeydown(ev) {
        if (ev.key === "Enter" && !ev.ctrlKey) {
            ev.preventDefault();
            this.state.focus = "complaint";
        }
    }

    onOdometerInput() {
        this.state.form.odometer = this.state.form.odometer.replace(/\D/g, "").slice(0, 7);
    }

    async onOdometerChange() {
        if (!this.file || this.state.form.odometer === "") {
            this.state.doubt = false;
            return;
        }
        const { doubt, due, done } = await this.orm.call(
            "workshop.reception",
            "due",
            [this.file.vehicle.id, Number(this.state.form.odometer)],
            { company_id: this.state.storeId }
        );
        this.state.doubt = doubt;
        this.state.due = due;
        this.state.done = done;
        for (const row of this.state.form.again) {
            // What it shows now may be beyond the warranty.
            row.payer = this.payerOf(row.job_id);
        }
    }

    payerOf(jobId) {
        const row = this.state.done.find(({ job_id }) => job_id === jobId);
        return row?.warranty ? "warranty" : "comeback";
    }

    /** The former reading was the wrong one: correct it, then judge anew. */
    async correctReading() {
        const action = await this.orm.call("workshop.vehicle.reading", "action_correct", [
            [this.state.doubt.reading_id],
        ]);
        this.dialog.add(FormViewDialog, {
            resModel: "workshop.vehicle.reading",
            title: action.name,
            context: action.context,
            onRecordSaved: () => this.onOdometerChange(),
        });
    }

    setFuel(level) {
        this.state.form.fuel = this.state.form.fuel === level ? -1 : level;
        this.save();
    }

    async onPhotosChosen(ev) {
        const { photos } = this.state.form;
        for (const file of [...ev.target.files].slice(0, MAX_PHOTOS - photos.length)) {
            photos.push(await shrinkPhoto(file));
        }
        ev.target.value = "";
        await this.saveImages();
    }

    removePhoto(index) {
        this.state.form.photos.splice(index, 1);
        return this.saveImages();
    }

    sign() {
        this.dialog.add(SignatureDialog, {
            defaultName: this.state.form.signedBy || this.state.form.partnerName,
            nameAndSignatureProps: { mode: "draw", displaySignatureRatio: 3 },
            uploadSignature: ({ name, signatureImage }) => {
                this.state.form.signedBy = name;
                this.state.form.signature = signatureImage;
                return this.saveImages();
            },
        });
    }

    toggleService(serviceId) {
        const problem = this.state.services.find(({ id }) => id === serviceId)?.problem;
        this.state.error = problem || "";
        if (problem) {
            return;
        }
        const { services } = this.state.form;
        const place = services.indexOf(serviceId);
        if (place >= 0) {
            services.splice(place, 1);
        } else {
            services.push(serviceId);
        }
        this.save();
    }

    togglePackage(packageId) {
        const problem = this.state.packages.find(({ id }) => id === packageId)?.problem;
        this.state.error = problem || "";
        if (problem) {
            return;
        }
        const { packages } = this.state.form;
        const place = packages.indexOf(packageId);
        if (place >= 0) {
            packages.splice(place, 1);
        } else {
            packages.push(packageId);
        }
        this.save();
    }

    /** Done again for nothing: under warranty where it holds, else as a comeback. */
    toggleAgain(jobId) {
        const { again } = this.state.form;
        const place = again.findIndex(({ job_id }) => job_id === jobId);
        if (place >= 0) {
            again.splice(place, 1);
        } else {
            const { name } = this.state.done.find(({ job_id }) => job_id === jobId);
            again.push({ job_id: jobId, name, payer: this.payerOf(jobId) });
        }
        this.save();
    }

    addFreeJob() {
        this.state.form.free.push({ text: "", hours: "", price: "" });
        this.save();
    }

    removeFreeJob(index) {
        this.state.form.free.splice(index, 1);
        this.save();
    }

    // ------------------------------------------------------------------ receive

    prepareValues() {
        const { form } = this.state;
        const values = {
            key: this.key,
            company_id: this.state.storeId,
            odometer: Number(form.odometer),
            odometer_reason: form.odometerReason,
            complaint: form.complaint,
            belongings: form.belongings,
            fuel_level: form.fuel,
            service_ids: [...form.services],
            package_ids: [...form.packages],
            off_standard: this.freeJobs,
            again: form.again.map(({ job_id, payer }) => [job_id, payer]),
            photos: form.photos.map((photo) => photo.split(",")[1]),
        };
        if (form.signature) {
            values.signature = form.signature.split(",")[1];
            values.signed_by = form.signedBy;
        }
        if (this.isNew) {
            values.vehicle = { ...form.car };
        } else {
            values.vehicle_id = this.file.vehicle.id;
        }
        if (form.partnerId) {
            values.partner_id = form.partnerId;
            values.change_owner = form.changeOwner;
        } else if (form.partnerName.trim()) {
            values.partner = { name: form.partnerName.trim(), phone: form.partnerPhone.trim() };
            values.change_owner = true;
        }
        return values;
    }

    async receive() {
        if (this.state.busy) {
            return;
        }
        this.state.error = this.missing;
        if (this.state.error) {
            return;
        }
        this.state.busy = true;
        const values = this.prepareValues();
        const sent = JSON.stringify({ ...values, photos: values.photos.length, signature: "" });
        const changed = this.sent && this.sent !== sent;
        try {
            const order = await this.orm.silent.call("workshop.reception", "receive", [values]);
            if (changed) {
                this.notification.add(
                    _t(
                        "%s had been made before the line broke: what you changed since is not on it.",
                        order.name
                    ),
                    { type: "warning", sticky: true }
                );
            } else {
                this.notification.add(_t("Received: %s", order.name), { type: "success" });
            }
            await this.reset();
            await this.openOrder(order.id);
        } catch (error) {
            if (error instanceof ConnectionLostError) {
                // The order may have been made: the same key finds it again.
                this.sent = sent;
            }
            this.explain(error);
        } finally {
            this.state.busy = false;
        }
    }

    explain(error) {
        if (error instanceof ConnectionLostError) {
            this.state.error = _t("The line to the server is broken. Nothing is lost: try again.");
            this.save();
        } else if (error instanceof RPCError && error.data?.message) {
            this.state.error = error.data.message;
        } else {
            throw error;
        }
    }

    openOrder(orderId) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "workshop.order",
            res_id: orderId,
            views: [[false, "form"]],
        });
    }

    openRecord(model, resId) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: resId,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("workshop_reception", ReceptionAction);
