// Package feedtest writes catalogues of any size, for tests and benchmarks of
// imports.
package feedtest

import (
	"bufio"
	"fmt"
	"io"
)

// VariantsPerProduct is how many variants WriteShopify gives a product.
const VariantsPerProduct = 4

// WriteShopify writes a Shopify product export with n variants to w: products
// of four sizes with a description in HTML, tags, three images and counted
// stock. The same n gives the same bytes. It returns the error of w.
func WriteShopify(w io.Writer, n int) error {
	out := bufio.NewWriterSize(w, 64<<10)
	fmt.Fprintln(out, "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,"+
		"Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,"+
		"Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,Gift Card,Variant Image,Status")
	sizes := [VariantsPerProduct]string{"Small", "Medium", "Large", "Extra Large"}
	for i := range n {
		product, size := i/VariantsPerProduct, i%VariantsPerProduct
		fmt.Fprintf(out, "shirt-%07d,", product)
		if size == 0 {
			fmt.Fprintf(out, `Shirt No. %d,"<p>A shirt of <b>organic cotton</b>, cut in ""regular"" fit.</p>`+"\n"+`<ul><li>Washable at 40 &deg;C</li><li>Model %d</li></ul>",Example Mill,Shirts,"shirt, cotton, model %d",true,Size,`, product, product, product%100)
		} else {
			fmt.Fprint(out, ",,,,,,,")
		}
		cents := 1000 + product%9000
		compare := ""
		if product%3 == 0 {
			compare = fmt.Sprintf("%d.%02d", (cents+500)/100, (cents+500)%100)
		}
		fmt.Fprintf(out, "%s,S-%d-%d,%d,shopify,%d,deny,%d.%02d,%s,true,true,,", sizes[size], product, size, 180+20*size, i%50, cents/100, cents%100, compare)
		if size < 3 {
			fmt.Fprintf(out, "https://cdn.example.com/shirts/%d-%d.jpg?v=1700000000,%d,", product, size, size+1)
		} else {
			fmt.Fprint(out, ",,")
		}
		if size == 0 {
			fmt.Fprint(out, "false,,active\n")
		} else {
			fmt.Fprint(out, ",,\n")
		}
	}
	return out.Flush()
}
