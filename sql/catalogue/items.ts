/** The table of item transactions: rows of text, named by position, without an id. */

import { decimalText, localTime, oneOf, PERSONAL, type TableSpec, text } from './spec.ts';

export const ITEM_TABLE: TableSpec = {
  row: 'One transaction of an item: consumption, sale, purchase or adjustment.',
  key: [],
  joins: [],
  deletion: 'never',
  deletionEndsAllOfId: false,
  personal: 'Descriptions are free text and may name people.',
  notes: [
    'Rows have no id: the present state is the newest complete sync, of the parts that its manifest names.',
    'Two equal rows may be two transactions, so nothing is ever made distinct.',
    'There is no id of the project: join projectNumber to project.number, within one company.',
  ],
  columns: [
    text('itemName', 'Item.'),
    text('projectName', 'Name of the project.'),
    text('projectNumber', 'Number of the project.'),
    text('taskName', 'Name of the work order.'),
    oneOf('transType', 'Kind of transaction.', ['Consumption', 'Sale', 'Purchase', 'Adjustment']),
    text('userName', 'Who registered it.', PERSONAL),
    localTime('transDate', 'Time of the transaction, in a local time whose zone is not sent.'),
    text('machineName', 'Machine that used the item.'),
    decimalText('qty', 'Quantity.'),
    decimalText('costPrice', 'Cost of one unit.'),
    decimalText('price', 'Price of one unit.'),
    decimalText('costAmount', 'Cost of the quantity.'),
    decimalText('amount', 'Price of the quantity.'),
    text('warehouseName', 'Warehouse that it was taken from or put into.'),
    decimalText('warehouseQty', 'Quantity in the warehouse.'),
    text('description', 'Comment.'),
  ],
};
