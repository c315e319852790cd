package wire

import "github.com/checkstand/checkstand/acp"

// fulfillmentGroups reads the lines that go to destinations of their own.
func (r *reader) fulfillmentGroups(body value) acp.Opt[[]acp.FulfillmentGroup] {
	list := body.get("fulfillment_groups")
	if !list.sent() {
		return acp.Opt[[]acp.FulfillmentGroup]{}
	}
	groups := []acp.FulfillmentGroup{}
	for v := range list.items(acp.MaxGroups) {
		if !v.object() {
			v.wrongType("an object with id, item_ids and destination_type")
			break
		}
		g := acp.FulfillmentGroup{
			ID:                 v.get("id").requiredText(acp.MaxGroupID, "an id of your choice for the group"),
			FulfillmentDetails: r.fulfillmentDetails(v),
			LocationID:         v.get("location_id").text(acp.MaxItemID),
			Instructions:       v.get("instructions").text(acp.MaxInstructions),
		}
		if kind := v.get("destination_type"); kind.require("how the group is delivered: shipping, digital, pickup or local_delivery") {
			g.DestinationType = acp.FulfillmentType(kind.oneOf("shipping", "digital", "pickup", "local_delivery"))
		}
		if ids := v.get("item_ids"); ids.require("the lines of the group") {
			if g.ItemIDs = ids.texts(acp.MaxLineItems, acp.MaxItemID); len(g.ItemIDs) == 0 {
				ids.refuse("The group has no lines. Name those that go there, or leave the group out.")
			}
		}
		groups = append(groups, g)
	}
	return acp.Opt[[]acp.FulfillmentGroup]{Set: true, Null: list.null(), Value: groups}
}
