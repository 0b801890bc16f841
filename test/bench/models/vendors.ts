import type { JsonObject } from '../../../src/core/json.ts';
import type { ToolDefinition } from '../../../src/core/tool.ts';
import type { Tool } from './task.ts';

/** Schemas of parameters by name; a name that ends in `?` is optional. */
type Parameters = Readonly<Record<string, JsonObject>>;

const text = (description: string): JsonObject => ({ type: 'string', description });
const whole = (description: string): JsonObject => ({ type: 'integer', minimum: 0, description });
const day = (description: string): JsonObject => ({ type: 'string', format: 'date', description });
const moment = (description: string): JsonObject => ({ type: 'string', format: 'date-time', description });
const choice = (values: readonly string[], description: string): JsonObject => ({
  ...{ type: 'string', enum: values, description },
});
const list = (items: JsonObject, description: string): JsonObject => ({ type: 'array', items, description });

const reads = (name: string, description: string, parameters: Parameters): ToolDefinition => {
  return { name, description, inputSchema: schema(parameters), annotations: { readOnlyHint: true } };
};
const writes = (name: string, description: string, parameters: Parameters): ToolDefinition => {
  return { name, description, inputSchema: schema(parameters), annotations: { readOnlyHint: false } };
};

function schema(parameters: Parameters): JsonObject {
  const entries = Object.entries(parameters);
  const properties = Object.fromEntries(entries.map(([name, own]) => [name.replace(/\?$/, ''), own]));
  return { type: 'object', properties, required: entries.map(([name]) => name).filter((name) => !name.endsWith('?')) };
}

const CUSTOMER = text('Id of the customer');
const INVOICE = text('Id of the invoice');
const ledgerly = [
  reads('find_customers', 'Finds customers by a part of their name.', { name: text('Part of the name') }),
  reads('get_customer', 'One customer with address, contacts and terms of payment.', { customer_id: CUSTOMER }),
  reads('find_invoices', 'Invoices with number, state, amount and due date. Needs a customer or an order.', {
    'customer_id?': CUSTOMER,
    'order_ref?': text('Reference of the order that was invoiced'),
    'state?': choice(['draft', 'open', 'paid', 'void'], 'Only invoices in this state'),
  }),
  reads('get_invoice', 'One invoice with its lines.', { invoice_id: INVOICE }),
  reads('list_payments', 'Payments that have been recorded for a customer.', { customer_id: CUSTOMER }),
  writes('send_invoice', 'Sends an invoice by mail.', { invoice_id: INVOICE, to: text('Mail address') }),
  writes('void_invoice', 'Makes an open invoice void; it cannot be undone.', {
    invoice_id: INVOICE,
    reason: text('Why'),
  }),
  writes('create_credit_note', 'Lowers what is owed on an open invoice, or credits a paid one to the next.', {
    invoice_id: INVOICE,
    amount_cents: whole('Amount in cents'),
    reason: choice(['damaged', 'duplicate', 'goodwill'], 'Why'),
  }),
  writes('record_payment', 'Notes money that has arrived for an invoice.', {
    invoice_id: INVOICE,
    amount_cents: whole('Amount in cents'),
    method: choice(['bank_transfer', 'card', 'cash'], 'How it came'),
    received_on: day('When it arrived'),
  }),
];

const EMPLOYEE = text('Id of the employee');
const SHIFT = text('Id of the shift');
const shiftwell = [
  reads('find_employees', 'Finds employees by a part of their name.', { name: text('Part of the name') }),
  reads('get_employee', 'One employee with team, site and manager.', { employee_id: EMPLOYEE }),
  reads('list_shifts', 'Shifts of one employee on a day.', { employee_id: EMPLOYEE, date: day('The day') }),
  reads('list_open_shifts', 'Shifts of a site that nobody has yet.', {
    site: text('Name of the site'),
    date: day('The day'),
  }),
  reads('list_time_off_requests', 'Requests for time off that wait for a decision, of everybody.', {}),
  writes('assign_shift', 'Gives an open shift to an employee.', { shift_id: SHIFT, employee_id: EMPLOYEE }),
  writes('swap_shifts', 'Exchanges the employees of two shifts.', { first_shift_id: SHIFT, second_shift_id: SHIFT }),
  writes('request_time_off', 'Enters time off for an employee.', {
    employee_id: EMPLOYEE,
    kind: choice(['holiday', 'sick', 'unpaid'], 'What for'),
    first_day: day('First day off'),
    last_day: day('Last day off'),
  }),
  writes('decide_time_off', 'Approves or rejects a request for time off.', {
    request_id: text('Id of the request'),
    decision: choice(['approve', 'reject'], 'The decision'),
    'note?': text('For the employee'),
  }),
];

const SHIPMENT = text('Id of the shipment, which begins with shp_');
const ADDRESS: JsonObject = {
  type: 'object',
  properties: {
    name: text('Of the recipient'),
    street: text('Street and number'),
    postcode: text('Postcode'),
    city: text('City'),
    country: text('Two letters, as in ISO 3166'),
  },
  required: ['street', 'postcode', 'city', 'country'],
};
const SERVICE = ['economy', 'standard', 'express'];
const parcelline = [
  reads('get_rates', 'Prices and days in transit of each service, from our depot.', {
    country: text('Two letters, as in ISO 3166'),
    postcode: text('Of the recipient'),
    weight_grams: whole('Weight in grams'),
  }),
  reads('find_shipments', 'Shipments by order or recipient, with their state and tracking number.', {
    'order_ref?': text('Reference of the order'),
    'recipient?': text('Part of the name of the recipient'),
  }),
  reads('track_parcel', 'Where a parcel is and when it will arrive.', { tracking_number: text('As on the label') }),
  reads('get_label', 'The label of a shipment as a PDF.', { shipment_id: SHIPMENT }),
  writes('create_shipment', 'Creates a shipment and its label.', {
    recipient: ADDRESS,
    weight_grams: whole('Weight in grams'),
    service: choice(SERVICE, 'How it is sent'),
  }),
  writes('cancel_shipment', 'Cancels a shipment that has not been collected.', { shipment_id: SHIPMENT }),
  writes('change_delivery_address', 'Changes where a shipment goes to that is not delivered yet.', {
    shipment_id: SHIPMENT,
    address: ADDRESS,
  }),
  writes('change_service', 'Changes how a shipment is sent that has not been collected.', {
    shipment_id: SHIPMENT,
    service: choice(SERVICE, 'How it is to be sent'),
  }),
  writes('schedule_pickup', 'Has a courier collect shipments whose labels are printed.', {
    shipment_ids: list(SHIPMENT, 'What is to be collected'),
    date: day('The day'),
    window: choice(['morning', 'afternoon'], 'The half of the day'),
  }),
];

const INCIDENT = text('Id of the incident');
const opsboard = [
  reads('list_incidents', 'Incidents in a state, with title, service and the time they began.', {
    state: choice(['open', 'acknowledged', 'resolved'], 'The state'),
  }),
  reads('get_incident', 'One incident with its notes.', { incident_id: INCIDENT }),
  reads('list_services', 'All services with their ids.', {}),
  reads('list_schedules', 'On-call schedules with their teams and ids.', {}),
  reads('get_on_call', 'Who is on call in a schedule.', {
    schedule_id: text('Id of the schedule'),
    'at?': moment('Default: now'),
  }),
  writes('acknowledge_incident', 'Says that somebody works on an incident.', { incident_id: INCIDENT }),
  writes('reassign_incident', 'Gives an incident to another user.', {
    incident_id: INCIDENT,
    user_id: text('Id of the user'),
  }),
  writes('resolve_incident', 'Closes an incident.', {
    incident_id: INCIDENT,
    resolution: text('What was done, or why'),
  }),
  writes('add_incident_note', 'Adds a note to an incident.', { incident_id: INCIDENT, text: text('The note') }),
  writes('create_maintenance_window', 'Silences the alerts of a service for some time.', {
    service_id: text('Id of the service'),
    starts_at: moment('Its begin'),
    ends_at: moment('Its end'),
    reason: text('What is done'),
  }),
];

const ITEM = text('Id of the item');
const WAREHOUSE = text('Id of the warehouse');
const stockroom = [
  reads('find_items', 'Finds items by words of their name.', { words: text('Words of the name') }),
  reads('get_stock', 'How many pieces of an item each warehouse has, by the id of the warehouse.', { item_id: ITEM }),
  reads('list_warehouses', 'All warehouses with their cities and ids.', {}),
  reads('list_reservations', 'What is kept of an item, and for which orders.', { item_id: ITEM }),
  reads('list_suppliers', 'Who supplies an item, with price and lead time in days.', { item_id: ITEM }),
  writes('reserve_stock', 'Keeps pieces of an item for an order.', {
    item_id: ITEM,
    warehouse_id: WAREHOUSE,
    quantity: whole('Pieces'),
    order_ref: text('Reference of the order'),
  }),
  writes('release_reservation', 'Gives back what is kept for an order.', {
    reservation_id: text('Id of the reservation'),
  }),
  writes('transfer_stock', 'Moves pieces of an item from one warehouse to another.', {
    item_id: ITEM,
    from_warehouse_id: WAREHOUSE,
    to_warehouse_id: WAREHOUSE,
    quantity: whole('Pieces'),
  }),
  writes('adjust_stock', 'Sets how many pieces a warehouse has, after counting them.', {
    item_id: ITEM,
    warehouse_id: WAREHOUSE,
    counted: whole('Pieces that are there'),
  }),
  writes('create_purchase_order', 'Orders an item from a supplier.', {
    supplier_id: text('Id of the supplier'),
    item_id: ITEM,
    quantity: whole('Pieces'),
    needed_by: day('When they must be here'),
  }),
];

/** The tools of our tasks: five invented vendors, with siblings that differ by a word. */
export const VENDOR_TOOLS: readonly Tool[] = Object.entries({
  ledgerly,
  shiftwell,
  parcelline,
  opsboard,
  stockroom,
}).flatMap(([server, tools]) =>
  tools.map((tool): Tool => ({ ...tool, id: `${server}::${tool.name}`, server, source: 'own' })),
);
