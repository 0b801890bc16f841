import { containing, step, type Task, task } from '../task.ts';

const WAREHOUSES = step('stockroom::list_warehouses', {}, [
  { warehouse_id: 'wh_1', city: 'Turin' },
  { warehouse_id: 'wh_2', city: 'Lyon' },
  { warehouse_id: 'wh_3', city: 'Graz' },
]);
const HINGES = step('stockroom::find_items', { words: containing('hinge') }, [
  { item_id: 'itm_401', name: 'Brass hinge 40 mm' },
  { item_id: 'itm_402', name: 'Brass hinge 60 mm' },
  { item_id: 'itm_409', name: 'Steel hinge 60 mm' },
]);
const shipmentOf = (order: string, shipment: object) =>
  step('parcelline::find_shipments', { order_ref: order }, [{ order_ref: order, ...shipment }]);

/** Tasks with parcels and stock. */
export const GOODS_TASKS: readonly Task[] = [
  task(
    'cheapest-in-time',
    'Send a parcel of 2.4 kg to Ida Holm, Nygade 5, 8000 Aarhus, Denmark, with the cheapest Parcelline service that takes at most three days.',
    {
      steps: [
        step('parcelline::get_rates', { country: 'DK', weight_grams: 2400 }, [
          { service: 'economy', price_cents: 640, days: 6 },
          { service: 'express', price_cents: 2190, days: 1 },
          { service: 'standard', price_cents: 990, days: 3 },
        ]),
        step('parcelline::create_shipment', {
          recipient: { street: 'Nygade 5', postcode: '8000', city: 'Aarhus', country: 'DK' },
          weight_grams: 2400,
          service: 'standard',
        }),
      ],
    },
  ),
  task('where-is-it', 'Which place has the parcel of order SO-5519 been scanned at last? (Parcelline)', {
    steps: [
      shipmentOf('SO-5519', { shipment_id: 'shp_55', state: 'in transit', tracking_number: 'PL8823107' }),
      step(
        'parcelline::track_parcel',
        { tracking_number: 'PL8823107' },
        { last_scan: 'Hanover hub', expected: '2026-06-11' },
      ),
    ],
    says: ['Hanover'],
  }),
  task(
    'collect-rest',
    'Have Parcelline collect everything for Nordlicht that still waits here, on the afternoon of 16 June 2026.',
    {
      steps: [
        step('parcelline::find_shipments', { recipient: containing('nordlicht') }, [
          { shipment_id: 'shp_101', state: 'label printed' },
          { shipment_id: 'shp_102', state: 'delivered' },
          { shipment_id: 'shp_107', state: 'label printed' },
        ]),
        step('parcelline::schedule_pickup', {
          ...{ shipment_ids: { $set: ['shp_101', 'shp_107'] }, date: '2026-06-16', window: 'afternoon' },
        }),
      ],
    },
  ),
  task('readdress', 'chnage the delivry adress of the parcle for order SO-6120: Gerberau 12, 79098 Freiburg, germany', {
    steps: [
      shipmentOf('SO-6120', { shipment_id: 'shp_61', state: 'label printed', tracking_number: 'PL6120001' }),
      step('parcelline::change_delivery_address', {
        shipment_id: 'shp_61',
        address: { street: 'Gerberau 12', postcode: '79098', city: 'Freiburg', country: 'DE' },
      }),
    ],
  }),
  task(
    'faster',
    'Order SO-6188 has to be there sooner: have Parcelline send it express instead, it is still in our hall.',
    {
      steps: [
        shipmentOf('SO-6188', { shipment_id: 'shp_68', state: 'label printed', service: 'economy' }),
        step('parcelline::change_service', { shipment_id: 'shp_68', service: 'express' }),
      ],
    },
  ),
  task('insure', 'Insure the Parcelline shipment of order SO-5519 for 500 euros.', {
    servers: ['parcelline'],
    also: [shipmentOf('SO-5519', { shipment_id: 'shp_55', state: 'label printed', tracking_number: 'PL8823107' })],
    missing: true,
  }),
  task(
    'move-half',
    'Lyon has run out of the blue 5 litre canister. Move half of what Turin has over to Lyon (Stockroom).',
    {
      steps: [
        step('stockroom::find_items', { words: containing('canister') }, [
          { item_id: 'itm_57', name: 'Canister 10 l, blue' },
          { item_id: 'itm_58', name: 'Canister 5 l, blue' },
          { item_id: 'itm_59', name: 'Canister 5 l, red' },
        ]),
        WAREHOUSES,
        step('stockroom::get_stock', { item_id: 'itm_58' }, { wh_1: 36, wh_2: 0, wh_3: 12 }),
        step('stockroom::transfer_stock', {
          ...{ item_id: 'itm_58', from_warehouse_id: 'wh_1', to_warehouse_id: 'wh_2', quantity: 18 },
        }),
      ],
    },
  ),
  task('let-go', 'Order SO-4410 was called off. Let go of the 60 mm brass hinges that Stockroom keeps for it.', {
    steps: [
      HINGES,
      step('stockroom::list_reservations', { item_id: 'itm_402' }, [
        { reservation_id: 'res_9', order_ref: 'SO-4401', quantity: 40 },
        { reservation_id: 'res_12', order_ref: 'SO-4410', quantity: 40 },
      ]),
      step('stockroom::release_reservation', { reservation_id: 'res_12' }),
    ],
  }),
  task(
    'fastest-supplier',
    'Order 200 brass hinges of 60 mm from the supplier who delivers fastest; we need them by 1 July 2026. (Stockroom)',
    {
      steps: [
        HINGES,
        step('stockroom::list_suppliers', { item_id: 'itm_402' }, [
          { supplier_id: 'sup_4', name: 'Messing Kraus', price_cents: 88, lead_days: 12 },
          { supplier_id: 'sup_8', name: 'Otto Beschlag', price_cents: 104, lead_days: 5 },
          { supplier_id: 'sup_9', name: 'Bras & Co', price_cents: 71, lead_days: 21 },
        ]),
        step('stockroom::create_purchase_order', {
          ...{ supplier_id: 'sup_8', item_id: 'itm_402', quantity: 200, needed_by: '2026-07-01' },
        }),
      ],
    },
  ),
  task('recount', 'we countd 41 pcs of the 40mm brass hinge in graz, put that right in stokroom', {
    steps: [
      HINGES,
      WAREHOUSES,
      step('stockroom::adjust_stock', { item_id: 'itm_401', warehouse_id: 'wh_3', counted: 41 }),
    ],
    also: [step('stockroom::get_stock', { item_id: 'itm_401' }, { wh_1: 80, wh_2: 16, wh_3: 44 })],
  }),
  ...(['SO-3307', 'SO-3311'] as const).map((order) => lateParcel(order, order === 'SO-3307')),
];

function lateParcel(order: string, isLate: boolean): Task {
  const delivered = isLate ? '2026-06-05' : '2026-06-03';
  const prompt = `If the Parcelline parcel of order ${order} was delivered more than two days late, credit the customer 5 euros as goodwill on the Ledgerly invoice of that order; else change nothing.`;
  const shipment = shipmentOf(order, { shipment_id: 'shp_33', state: 'delivered', promised: '2026-06-01', delivered });
  const invoices = step('ledgerly::find_invoices', { order_ref: order }, [{ invoice_id: 'inv_3300', state: 'open' }]);
  const credit = { invoice_id: 'inv_3300', amount_cents: 500, reason: 'goodwill' };
  const servers = ['parcelline', 'ledgerly'];
  return isLate
    ? task('late-enough', prompt, {
        servers,
        steps: [shipment, invoices, step('ledgerly::create_credit_note', credit)],
      })
    : task('not-late-enough', prompt, { servers, steps: [shipment], also: [invoices] });
}
