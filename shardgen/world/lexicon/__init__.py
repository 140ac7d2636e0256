"""The shop's words: literals only, one module per department or subject; nothing here draws."""

from shardgen.world.lexicon import (
    beauty,
    books,
    clothing,
    computers,
    electronics,
    footwear,
    garden,
    grocery,
    kitchen,
    living,
    sports,
    toys,
)

SUBCATEGORIES = (
    *electronics.SUBCATEGORIES,
    *computers.SUBCATEGORIES,
    *clothing.SUBCATEGORIES,
    *footwear.SUBCATEGORIES,
    *kitchen.SUBCATEGORIES,
    *living.SUBCATEGORIES,
    *sports.SUBCATEGORIES,
    *beauty.SUBCATEGORIES,
    *toys.SUBCATEGORIES,
    *books.SUBCATEGORIES,
    *grocery.SUBCATEGORIES,
    *garden.SUBCATEGORIES,
)
